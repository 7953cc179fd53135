// baseline_search: Binary search over N-bit codes: the balanced tree of successive approximation.
//
// Design baseline, written by hwgen 0.1.0.
// rows=128, columns=128, cell_bits=1, column_order=slice_major, slices=7, polarities=2,
// input_bits=8, signed_inputs=false, dac_bits=1, search=binary, range_count=4, bases=aligned,
// bounded=false, scaled=false, contexts=network, density_bits=6, patience=8, readout_bits=8,
// saturate=false, columns_per_lane=8, banks=2, row_tiles=64, y_in=true, x_elements=8,
// compare_stages=0, settle_row=4, sample_cycles=1, settle_mux=1, acquire_cycles=1, settle_dac=0,
// compare_latency=2
//
// Output of hwgen: the text is yours. Use it under any terms you like, without notice.

module baseline_search (
    input  wire       clk,
    input  wire       rst,
    input  wire       start,
    input  wire       step,
    input  wire       answer,
    output wire       none,
    output wire       last,
    output reg  [7:0] dac
);

  wire [7:0] trial;

  wire n1 = dac[2] | dac[1] | dac[0];
  wire n2 = dac[4] | dac[3] | n1;

  assign trial[1] = dac[1] & ~dac[0];
  assign trial[2] = dac[2] & ~(dac[1] | dac[0]);
  assign trial[3] = dac[3] & ~n1;
  assign trial[4] = dac[4] & ~(dac[3] | n1);
  assign trial[5] = dac[5] & ~n2;
  assign trial[6] = dac[6] & ~(dac[5] | n2);
  assign trial[7] = dac[7] & ~(dac[6] | dac[5] | n2);
  assign last = dac[0] | (dac == 8'd0);
  assign trial[0] = dac[0];
  assign none = 1'b0;

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      dac <= 8'd0;
    end else begin
      if (start) dac <= 8'h80;
      else if (step) dac <= (dac & ~(answer ? 8'd0 : trial)) | {1'b0, trial[7:1]};
    end
  end

endmodule
