// sar12_converter: Convert one held value, adding or subtracting a weight after every answer.
//
// Design sar12, written by hwgen 0.1.0.
// bits=12, start=2048, steps=806:486:295:180:110:67:41:25:15:9:6:4:2:1, votes=31, voted=5,
// acquire_cycles=1, settle_dac=0, compare_latency=1, compare_stages=0
//
// Output of hwgen: the text is yours. Use it under any terms you like, without notice.

module sar12_converter (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire [3:0]  averaging,
    input  wire        compare,
    output reg         acquire,
    output reg         strobe,
    output reg         busy,
    output wire [11:0] dac,
    output reg  [11:0] result,
    output reg         result_valid
);

  localparam [1:0] PHASE_IDLE = 2'd0;
  localparam [1:0] PHASE_ACQUIRE = 2'd1;
  localparam [1:0] PHASE_COMPARE = 2'd2;
  localparam [1:0] PHASE_REST = 2'd3;

  reg captured_0;
  reg fresh;
  reg acquiring;
  reg [4:0] votes;
  reg compared;
  reg [4:0] left;
  reg [11:0] if_yes;
  reg [11:0] if_no;
  reg begin_;
  reg resting;
  reg [3:0] step;
  reg [1:0] phase_state;
  reg [11:0] weight;
  wire first_cycle;

  wire voted = step >= 4'ha;
  wire decided = compared & ((left == 5'd0) | ~voted);
  wire [11:0] up = decided ? weight : 12'd0;
  wire yes = votes[4] | ((&votes[3:0]) & captured_0);
  wire last = step >= 4'he;
  wire [11:0] down = up | {11'd0, decided & last};
  wire [3:0] more = (step >= 4'd9) ? averaging : 4'd0;

  assign dac = yes ? if_yes : if_no;
  assign first_cycle = 1'b1;

  always @* begin
    weight = 12'd0;
    case (step)
      4'd0: weight = 12'h326;
      4'd1: weight = 12'h1e6;
      4'd2: weight = 12'h127;
      4'd3: weight = 12'hb4;
      4'd4: weight = 12'h6e;
      4'd5: weight = 12'h43;
      4'd6: weight = 12'h29;
      4'd7: weight = 12'h19;
      4'd8: weight = 12'hf;
      4'd9: weight = 12'd9;
      4'ha: weight = 12'd6;
      4'hb: weight = 12'd4;
      4'hc: weight = 12'd2;
      4'hd: weight = 12'd1;
      default: ;
    endcase
  end

  always @* begin
    begin_ = 1'b0;
    acquiring = 1'b0;
    compared = 1'b0;
    resting = 1'b0;
    case (phase_state)
      PHASE_IDLE: if (start) begin_ = 1'b1;
      PHASE_ACQUIRE: acquiring = 1'b1;
      PHASE_COMPARE: compared = 1'b1;
      PHASE_REST: begin
        resting = 1'b1;
        if (start) begin_ = 1'b1;
      end
    endcase
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      captured_0 <= 1'b0;
      fresh <= 1'b0;
      votes <= 5'd0;
      left <= 5'd0;
      if_yes <= 12'h800;
      if_no <= 12'h800;
      result_valid <= 1'b0;
      result <= 12'd0;
      step <= 4'd0;
      acquire <= 1'b0;
      strobe <= 1'b0;
      busy <= 1'b0;
      phase_state <= PHASE_IDLE;
    end else begin
      captured_0 <= compare;
      fresh <= acquiring | decided;
      if_yes <= dac + up;
      if_no <= dac - down;
      result_valid <= resting;
      acquire <= 1'b0;
      strobe <= 1'b0;
      busy <= 1'b1;
      if (fresh) votes <= {1'b0, ~(voted ? averaging : 4'd0)};
      else if (first_cycle) votes <= votes + {4'd0, captured_0};
      if (acquiring) left <= 5'd0;
      else if (decided) left <= {more, 1'b0};
      else if (compared) left <= left - 5'd1;
      if (begin_) begin
        if_yes <= 12'h800;
        if_no <= 12'h800;
      end
      if (resting) result <= dac;
      if (acquiring) step <= 4'd0;
      else if (decided) step <= step + 4'd1;
      case (phase_state)
        PHASE_IDLE: begin
          busy <= 1'b0;
          if (start) begin
            acquire <= 1'b1;
            busy <= 1'b1;
            phase_state <= PHASE_ACQUIRE;
          end
        end
        PHASE_ACQUIRE: begin
          strobe <= 1'b1;
          phase_state <= PHASE_COMPARE;
        end
        PHASE_COMPARE: if (decided & last) begin
          strobe <= 1'b0;
          phase_state <= PHASE_REST;
        end else begin
          strobe <= 1'b1;
          phase_state <= PHASE_COMPARE;
        end
        PHASE_REST: if (start) begin
          acquire <= 1'b1;
          phase_state <= PHASE_ACQUIRE;
        end else begin
          busy <= 1'b0;
          phase_state <= PHASE_IDLE;
        end
      endcase
    end
  end

endmodule
