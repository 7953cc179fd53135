// outward_prediction: Multiply the bound of a read by the density of every table.
//
// Design outward, written by hwgen 0.1.0.
// rows=128, columns=128, cell_bits=1, column_order=slice_major, slices=7, polarities=2,
// input_bits=8, signed_inputs=false, dac_bits=1, search=outward, range_count=4, bases=aligned,
// bounded=true, scaled=false, contexts=slice, density_bits=6, patience=8, readout_bits=8,
// saturate=false, columns_per_lane=8, banks=2, row_tiles=64, y_in=true, x_elements=8,
// compare_stages=0, settle_row=4, sample_cycles=1, settle_mux=1, acquire_cycles=1, settle_dac=0,
// compare_latency=2
//
// Output of hwgen: the text is yours. Use it under any terms you like, without notice.

module outward_prediction (
    input  wire [7:0]  bound,
    input  wire [41:0] plan,
    output wire [55:0] centres
);

  wire [5:0] plan_0 = plan[5:0];
  wire [13:0] product_0 = {6'd0, bound} * {8'd0, plan_0};
  wire [5:0] plan_1 = plan[11:6];
  wire [13:0] product_1 = {6'd0, bound} * {8'd0, plan_1};
  wire [5:0] plan_2 = plan[17:12];
  wire [13:0] product_2 = {6'd0, bound} * {8'd0, plan_2};
  wire [5:0] plan_3 = plan[23:18];
  wire [13:0] product_3 = {6'd0, bound} * {8'd0, plan_3};
  wire [5:0] plan_4 = plan[29:24];
  wire [13:0] product_4 = {6'd0, bound} * {8'd0, plan_4};
  wire [5:0] plan_5 = plan[35:30];
  wire [13:0] product_5 = {6'd0, bound} * {8'd0, plan_5};
  wire [5:0] plan_6 = plan[41:36];
  wire [13:0] product_6 = {6'd0, bound} * {8'd0, plan_6};

  assign centres[7:0] = product_0[13:6] + 8'd1;
  assign centres[15:8] = product_1[13:6] + 8'd1;
  assign centres[23:16] = product_2[13:6] + 8'd1;
  assign centres[31:24] = product_3[13:6] + 8'd1;
  assign centres[39:32] = product_4[13:6] + 8'd1;
  assign centres[47:40] = product_5[13:6] + 8'd1;
  assign centres[55:48] = product_6[13:6] + 8'd1;

  // Not needed in this design.
  wire unused = &{1'b0, product_0[5:0], product_1[5:0], product_2[5:0], product_3[5:0],
      product_4[5:0], product_5[5:0], product_6[5:0]};

endmodule
