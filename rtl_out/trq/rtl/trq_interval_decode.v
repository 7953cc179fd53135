// trq_interval_decode: Decode (range, level), the level carrying its payload in place and zeros
// where truncated.
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

module trq_interval_decode (
    input  wire [50:0] plan,
    input  wire        range,
    input  wire [7:0]  level,
    output wire [7:0]  value
);

  wire [7:0] plan_mid = plan[42:35];
  wire [7:0] plan_straddle = plan[50:43];

  assign value = range ? ((level == 8'd0) ? plan_mid | plan_straddle : level | plan_mid) : level;

  // Not needed in this design.
  wire unused = &{1'b0, plan[34:0]};

endmodule
