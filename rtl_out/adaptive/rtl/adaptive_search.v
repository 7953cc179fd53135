// adaptive_search: Search in up to K ranges: tests from the lowest edge up, then bits of one range.
//
// Design adaptive, written by hwgen 0.1.0.
// rows=128, columns=128, cell_bits=1, column_order=slice_major, slices=7, polarities=2,
// input_bits=8, signed_inputs=false, dac_bits=1, search=ranges, range_count=4, bases=aligned,
// bounded=true, contexts=slice, readout_bits=8, saturate=false, columns_per_lane=8, banks=2,
// row_tiles=64, y_in=true, x_elements=8, compare_stages=0, settle_row=4, sample_cycles=1,
// settle_mux=1, acquire_cycles=1, settle_dac=0, compare_latency=2
//
// Output of hwgen: the text is yours. Use it under any terms you like, without notice.

module adaptive_search (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] plan,
    input  wire [7:0]  bound,
    input  wire        start,
    input  wire        step,
    input  wire        answer,
    output wire        none,
    output wire        last,
    output reg  [7:0]  dac
);

  reg detecting;
  reg [1:0] at;
  reg [7:0] fields;
  reg [7:0] n13;
  reg [7:0] candidates;
  wire [7:0] n2;
  wire [7:0] n3;
  wire [7:0] trial;
  wire [7:0] below;

  wire [7:0] plan_0 = plan[7:0];
  wire [7:0] plan_1 = plan[15:8];
  wire [7:0] plan_2 = plan[23:16];
  wire [7:0] plan_3 = plan[31:24];
  wire n1 = detecting & (at < 2'd3) & answer;
  wire [1:0] following = start ? 2'd0 : at + {1'b0, n1};
  wire [3:0] fields_payload = fields[3:0];
  wire [3:0] fields_truncation = fields[7:4];
  wire [7:0] middle = n3 & {8{following != 2'd0}};
  wire n4 = dac[2] | dac[1] | dac[0];
  wire n5 = dac[4] | dac[3] | n4;
  wire [7:0] n6 = start ? 8'd0 : dac;
  wire [7:0] n7 = n6 | n2;
  wire n8 = (start | n1) & (following < 2'd3) & (n7 < bound);
  wire [7:0] n9 = n7 + 8'd1;
  wire [7:0] n10 = ~n2;
  wire [7:0] back = ((dac & ~trial) | below) & n10;
  wire [7:0] n11 = ~n3;
  wire [7:0] n12 = n13 | {candidates[7], candidates[6] & ~candidates[7], candidates[5] &
      ~(|candidates[7:6]), candidates[4] & ~(|candidates[7:5]), candidates[3] & ~(|candidates[7:4]),
      candidates[2] & ~(|candidates[7:3]), candidates[1] & ~(|candidates[7:2]), candidates[0] &
      ~(|candidates[7:1])};

  assign n2[0] = fields_payload > 4'd0;
  assign n2[1] = fields_payload > 4'd1;
  assign n2[2] = fields_payload > 4'd2;
  assign n2[3] = fields_payload > 4'd3;
  assign n2[4] = fields_payload > 4'd4;
  assign n2[5] = fields_payload > 4'd5;
  assign n2[6] = fields_payload > 4'd6;
  assign n2[7] = fields_payload > 4'd7;
  assign n3[0] = fields_truncation > 4'd0;
  assign n3[1] = fields_truncation > 4'd1;
  assign n3[2] = fields_truncation > 4'd2;
  assign n3[3] = fields_truncation > 4'd3;
  assign n3[4] = fields_truncation > 4'd4;
  assign n3[5] = fields_truncation > 4'd5;
  assign n3[6] = fields_truncation > 4'd6;
  assign n3[7] = fields_truncation > 4'd7;
  assign trial[1] = dac[1] & ~dac[0];
  assign trial[2] = dac[2] & ~(dac[1] | dac[0]);
  assign trial[3] = dac[3] & ~n4;
  assign trial[4] = dac[4] & ~(dac[3] | n4);
  assign trial[5] = dac[5] & ~n5;
  assign trial[6] = dac[6] & ~(dac[5] | n5);
  assign trial[7] = dac[7] & ~(dac[6] | dac[5] | n5);
  assign below[0] = |trial[7:1];
  assign below[1] = |trial[7:2];
  assign below[2] = |trial[7:3];
  assign below[3] = |trial[7:4];
  assign below[4] = |trial[7:5];
  assign below[5] = |trial[7:6];
  assign none = ~n8 & ~(|(candidates & n11));
  assign trial[0] = dac[0];
  assign below[7:6] = {1'b0, trial[7]};
  assign last = none;

  always @* begin
    fields = 8'd0;
    case (following)
      2'd0: fields = plan_0;
      2'd1: fields = plan_1;
      2'd2: fields = plan_2;
      2'd3: fields = plan_3;
    endcase
  end

  always @* begin
    n13 = 8'd0;
    candidates = 8'd0;
    if (start | n1) begin
      n13 = n6 & n10;
      candidates = (bound & n2 & n11) | middle;
    end else if (detecting & (at < 2'd3)) begin
      n13 = back;
      candidates = (n2 & n2 & n11) | middle;
    end else begin
      n13 = dac & ~(answer ? 8'd0 : trial);
      candidates = below & (n11 | middle);
    end
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      dac <= 8'd0;
      detecting <= 1'b0;
      at <= 2'd0;
    end else begin
      if (start | step) begin
        dac <= n8 ? n9 : n12;
        detecting <= n8;
        at <= following;
      end
    end
  end

endmodule
