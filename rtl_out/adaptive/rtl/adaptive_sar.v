// adaptive_sar: Run a search engine against a comparator.
//
// Design adaptive, written by hwgen 0.1.0.
// rows=128, columns=128, cell_bits=1, column_order=slice_major, slices=7, polarities=2,
// input_bits=8, signed_inputs=false, dac_bits=1, search=ranges, range_count=4, bases=aligned,
// bounded=true, scaled=true, contexts=slice, density_bits=6, patience=8, readout_bits=8,
// saturate=false, columns_per_lane=8, banks=2, row_tiles=64, y_in=true, x_elements=8,
// compare_stages=0, settle_row=4, sample_cycles=1, settle_mux=1, acquire_cycles=1, settle_dac=0,
// compare_latency=2
//
// Output of hwgen: the text is yours. Use it under any terms you like, without notice.

module adaptive_sar (
    input  wire clk,
    input  wire rst,
    input  wire start,
    output reg  idle,
    output reg  finish,
    output reg  acquire,
    output reg  strobe,
    output reg  busy,
    input  wire compare,
    output reg  search_start,
    output reg  search_step,
    output reg  search_answer,
    input  wire search_none,
    input  wire search_last
);

  localparam [1:0] PHASE_IDLE = 2'd0;
  localparam [1:0] PHASE_SETTLE = 2'd1;
  localparam [1:0] PHASE_ACQUIRE = 2'd2;
  localparam [1:0] PHASE_DECIDE = 2'd3;

  reg elapsed;
  reg [1:0] phase_state;

  always @* begin
    idle = 1'b0;
    search_start = 1'b0;
    finish = 1'b0;
    search_step = 1'b0;
    case (phase_state)
      PHASE_IDLE: idle = 1'b1;
      PHASE_ACQUIRE: begin
        search_start = 1'b1;
        if (search_none) finish = 1'b1;
      end
      PHASE_DECIDE: if (elapsed >= 1'b1) begin
        search_step = 1'b1;
        if (search_last) finish = 1'b1;
      end
      default: ;
    endcase
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      search_answer <= 1'b0;
      elapsed <= 1'b0;
      strobe <= 1'b0;
      busy <= 1'b0;
      acquire <= 1'b0;
      phase_state <= PHASE_IDLE;
    end else begin
      search_answer <= compare;
      elapsed <= elapsed + 1'b1;
      strobe <= 1'b0;
      case (phase_state)
        PHASE_IDLE: begin
          busy <= 1'b0;
          acquire <= 1'b0;
          if (start) begin
            elapsed <= 1'b0;
            busy <= 1'b1;
            phase_state <= PHASE_SETTLE;
          end
        end
        PHASE_SETTLE: begin
          elapsed <= 1'b0;
          acquire <= 1'b1;
          phase_state <= PHASE_ACQUIRE;
        end
        PHASE_ACQUIRE: begin
          acquire <= 1'b0;
          if (search_none) begin
            if (start) begin
              elapsed <= 1'b0;
              busy <= 1'b1;
              phase_state <= PHASE_SETTLE;
            end else begin
              elapsed <= 1'b0;
              busy <= 1'b0;
              phase_state <= PHASE_IDLE;
            end
          end else begin
            elapsed <= 1'b0;
            strobe <= 1'b1;
            phase_state <= PHASE_DECIDE;
          end
        end
        PHASE_DECIDE: begin
          acquire <= 1'b0;
          if (elapsed >= 1'b1) begin
            if (search_last) begin
              if (start) begin
                elapsed <= 1'b0;
                busy <= 1'b1;
                phase_state <= PHASE_SETTLE;
              end else begin
                elapsed <= 1'b0;
                busy <= 1'b0;
                phase_state <= PHASE_IDLE;
              end
            end else begin
              elapsed <= 1'b0;
              strobe <= 1'b1;
              phase_state <= PHASE_DECIDE;
            end
          end
        end
      endcase
    end
  end

endmodule
