// trq_search: Twin-range search: one test for the short range, then a binary search inside either.
//
// Design trq, written by hwgen 0.1.0.
// rows=128, columns=128, cell_bits=1, column_order=slice_major, slices=7, polarities=2,
// input_bits=8, signed_inputs=false, dac_bits=1, search=twin-range, range_count=4, bases=aligned,
// bounded=false, scaled=false, contexts=network, density_bits=6, patience=8, readout_bits=8,
// saturate=false, columns_per_lane=8, banks=2, row_tiles=64, y_in=true, x_elements=8,
// compare_stages=0, settle_row=4, sample_cycles=1, settle_mux=1, acquire_cycles=1, settle_dac=0,
// compare_latency=2
//
// Output of hwgen: the text is yours. Use it under any terms you like, without notice.

module trq_search (
    input  wire        clk,
    input  wire        rst,
    input  wire [50:0] plan,
    input  wire        start,
    input  wire        step,
    input  wire        answer,
    output wire        none,
    output wire        last,
    output reg  [7:0]  dac,
    output reg         range
);

  reg detecting;
  wire [7:0] trial;

  wire plan_none = plan[9];
  wire [7:0] plan_start = plan[7:0];
  wire plan_detect = plan[8];
  wire n1 = dac[2] | dac[1] | dac[0];
  wire n2 = dac[4] | dac[3] | n1;
  wire [7:0] plan_stop_0 = plan[25:18];
  wire [7:0] plan_stop_1 = plan[33:26];
  wire [7:0] stop = range ? plan_stop_1 : plan_stop_0;
  wire ends = (|(trial & stop)) | dac[0] | (dac == 8'd0);
  wire enters_high = detecting & answer;
  wire plan_empty_1 = plan[34];
  wire [7:0] decided = dac & ~((answer & ~detecting) ? 8'd0 : trial);
  wire [7:0] plan_high = plan[17:10];
  wire [7:0] following = enters_high ? plan_high : {1'b0, trial[7:1]};

  assign trial[1] = dac[1] & ~dac[0];
  assign trial[2] = dac[2] & ~(dac[1] | dac[0]);
  assign trial[3] = dac[3] & ~n1;
  assign trial[4] = dac[4] & ~(dac[3] | n1);
  assign trial[5] = dac[5] & ~n2;
  assign trial[6] = dac[6] & ~(dac[5] | n2);
  assign trial[7] = dac[7] & ~(dac[6] | dac[5] | n2);
  assign last = enters_high ? plan_empty_1 : ends;
  assign trial[0] = dac[0];
  assign none = plan_none;

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      dac <= 8'd0;
      detecting <= 1'b0;
      range <= 1'b0;
    end else begin
      if (start) begin
        dac <= plan_none ? 8'd0 : plan_start;
        detecting <= plan_detect;
        range <= 1'b0;
      end else if (step) begin
        dac <= decided | (last ? 8'd0 : following);
        detecting <= 1'b0;
        if (detecting) range <= answer;
      end
    end
  end

  // Not needed in this design.
  wire unused = &{1'b0, plan[50:35]};

endmodule
