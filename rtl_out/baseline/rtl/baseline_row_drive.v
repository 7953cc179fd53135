// baseline_row_drive: Drive a plane, or nothing.
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

module baseline_row_drive (
    input  wire         clk,
    input  wire         rst,
    input  wire [127:0] digits,
    input  wire         load,
    input  wire         off,
    output reg  [127:0] drive
);

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      drive <= 128'd0;
    end else begin
      if (load) drive <= digits;
      else if (off) drive <= 128'd0;
    end
  end

endmodule
