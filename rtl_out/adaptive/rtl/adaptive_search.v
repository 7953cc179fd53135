// adaptive_search: Search in up to K ranges: tests from the lowest edge up, then bits of one range.
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

module adaptive_search (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] plan,
    input  wire [7:0]  bound,
    input  wire [2:0]  shift,
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
  reg [7:0] kept;
  reg [7:0] candidates;
  wire [7:0] inside_;
  wire [7:0] cut;
  wire [7:0] trial;
  wire [7:0] below;

  wire [7:0] plan_0 = plan[7:0];
  wire [7:0] plan_1 = plan[15:8];
  wire [7:0] plan_2 = plan[23:16];
  wire [7:0] plan_3 = plan[31:24];
  wire testing = detecting & (at < 2'd3);
  wire passes = testing & answer;
  wire enters = start | passes;
  wire [1:0] following = start ? 2'd0 : at + {1'b0, passes};
  wire may_test = enters & (following < 2'd3);
  wire [3:0] plan_3_truncation = plan[31:28];
  wire [3:0] plan_2_truncation = plan[23:20];
  wire [3:0] plan_1_truncation = plan[15:12];
  wire [3:0] plan_0_truncation = plan[7:4];
  wire exact = ~(|{plan_3_truncation, plan_2_truncation, plan_1_truncation, plan_0_truncation});
  wire [3:0] fields_payload = fields[3:0];
  wire signed [4:0] size = {1'b0, fields_payload} - {2'd0, shift & {3{exact}}};
  wire [3:0] fields_truncation = fields[7:4];
  wire [7:0] middle = cut & {8{following != 2'd0}};
  wire n1 = dac[2] | dac[1] | dac[0];
  wire n2 = dac[4] | dac[3] | n1;
  wire [7:0] first = start ? 8'd0 : dac;
  wire [7:0] end_ = first | inside_;
  wire tests = may_test & (end_ < bound);
  wire [7:0] edge_ = end_ + 8'd1;
  wire [7:0] n3 = ~inside_;
  wire [7:0] back = ((dac & ~trial) | below) & n3;
  wire [7:0] n4 = ~cut;
  wire [7:0] n5 = kept | {candidates[7], candidates[6] & ~candidates[7], candidates[5] &
      ~(|candidates[7:6]), candidates[4] & ~(|candidates[7:5]), candidates[3] & ~(|candidates[7:4]),
      candidates[2] & ~(|candidates[7:3]), candidates[1] & ~(|candidates[7:2]), candidates[0] &
      ~(|candidates[7:1])};

  assign inside_[0] = $signed(size) > $signed(5'd0);
  assign inside_[1] = $signed(size) > $signed(5'd1);
  assign inside_[2] = $signed(size) > $signed(5'd2);
  assign inside_[3] = $signed(size) > $signed(5'd3);
  assign inside_[4] = $signed(size) > $signed(5'd4);
  assign inside_[5] = $signed(size) > $signed(5'd5);
  assign inside_[6] = $signed(size) > $signed(5'd6);
  assign inside_[7] = $signed(size) > $signed(5'd7);
  assign cut[0] = fields_truncation > 4'd0;
  assign cut[1] = fields_truncation > 4'd1;
  assign cut[2] = fields_truncation > 4'd2;
  assign cut[3] = fields_truncation > 4'd3;
  assign cut[4] = fields_truncation > 4'd4;
  assign cut[5] = fields_truncation > 4'd5;
  assign cut[6] = fields_truncation > 4'd6;
  assign cut[7] = fields_truncation > 4'd7;
  assign trial[1] = dac[1] & ~dac[0];
  assign trial[2] = dac[2] & ~(dac[1] | dac[0]);
  assign trial[3] = dac[3] & ~n1;
  assign trial[4] = dac[4] & ~(dac[3] | n1);
  assign trial[5] = dac[5] & ~n2;
  assign trial[6] = dac[6] & ~(dac[5] | n2);
  assign trial[7] = dac[7] & ~(dac[6] | dac[5] | n2);
  assign below[0] = |trial[7:1];
  assign below[1] = |trial[7:2];
  assign below[2] = |trial[7:3];
  assign below[3] = |trial[7:4];
  assign below[4] = |trial[7:5];
  assign below[5] = |trial[7:6];
  assign none = ~tests & ~(|(candidates & n4));
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
    kept = 8'd0;
    candidates = 8'd0;
    if (enters) begin
      kept = first & n3;
      candidates = (bound & inside_ & n4) | middle;
    end else if (testing) begin
      kept = back;
      candidates = (inside_ & inside_ & n4) | middle;
    end else begin
      kept = dac & ~(answer ? 8'd0 : trial);
      candidates = below & (n4 | middle);
    end
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      dac <= 8'd0;
      detecting <= 1'b0;
      at <= 2'd0;
    end else begin
      if (start | step) begin
        dac <= tests ? edge_ : n5;
        detecting <= tests;
        at <= following;
      end
    end
  end

endmodule
