// baseline_tile: One crossbar's digital periphery.
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

module baseline_tile (
    input  wire               clk,
    input  wire               rst,
    input  wire [63:0]        x_payload,
    input  wire               x_valid,
    output wire               x_ready,
    output wire signed [29:0] y_payload,
    output wire               y_valid,
    input  wire               y_ready,
    input  wire signed [29:0] y_in_payload,
    input  wire               y_in_valid,
    output wire               y_in_ready,
    input  wire [7:0]         paddr,
    input  wire               psel,
    input  wire               penable,
    input  wire               pwrite,
    input  wire [31:0]        pwdata,
    output wire [31:0]        prdata,
    output wire               pready,
    output wire               pslverr,
    output wire               idle,
    output wire [127:0]       row_drive,
    output wire [1:0]         sample,
    output wire [1:0]         hold_clear,
    output wire [2:0]         lane0_column,
    output wire               lane0_bank,
    output wire               lane0_acquire,
    output wire [7:0]         lane0_dac,
    output wire               lane0_strobe,
    output wire               lane0_busy,
    input  wire               lane0_compare,
    output wire [2:0]         lane1_column,
    output wire               lane1_bank,
    output wire               lane1_acquire,
    output wire [7:0]         lane1_dac,
    output wire               lane1_strobe,
    output wire               lane1_busy,
    input  wire               lane1_compare,
    output wire [2:0]         lane2_column,
    output wire               lane2_bank,
    output wire               lane2_acquire,
    output wire [7:0]         lane2_dac,
    output wire               lane2_strobe,
    output wire               lane2_busy,
    input  wire               lane2_compare,
    output wire [2:0]         lane3_column,
    output wire               lane3_bank,
    output wire               lane3_acquire,
    output wire [7:0]         lane3_dac,
    output wire               lane3_strobe,
    output wire               lane3_busy,
    input  wire               lane3_compare,
    output wire [2:0]         lane4_column,
    output wire               lane4_bank,
    output wire               lane4_acquire,
    output wire [7:0]         lane4_dac,
    output wire               lane4_strobe,
    output wire               lane4_busy,
    input  wire               lane4_compare,
    output wire [2:0]         lane5_column,
    output wire               lane5_bank,
    output wire               lane5_acquire,
    output wire [7:0]         lane5_dac,
    output wire               lane5_strobe,
    output wire               lane5_busy,
    input  wire               lane5_compare,
    output wire [2:0]         lane6_column,
    output wire               lane6_bank,
    output wire               lane6_acquire,
    output wire [7:0]         lane6_dac,
    output wire               lane6_strobe,
    output wire               lane6_busy,
    input  wire               lane6_compare,
    output wire [2:0]         lane7_column,
    output wire               lane7_bank,
    output wire               lane7_acquire,
    output wire [7:0]         lane7_dac,
    output wire               lane7_strobe,
    output wire               lane7_busy,
    input  wire               lane7_compare,
    output wire [2:0]         lane8_column,
    output wire               lane8_bank,
    output wire               lane8_acquire,
    output wire [7:0]         lane8_dac,
    output wire               lane8_strobe,
    output wire               lane8_busy,
    input  wire               lane8_compare,
    output wire [2:0]         lane9_column,
    output wire               lane9_bank,
    output wire               lane9_acquire,
    output wire [7:0]         lane9_dac,
    output wire               lane9_strobe,
    output wire               lane9_busy,
    input  wire               lane9_compare,
    output wire [2:0]         lane10_column,
    output wire               lane10_bank,
    output wire               lane10_acquire,
    output wire [7:0]         lane10_dac,
    output wire               lane10_strobe,
    output wire               lane10_busy,
    input  wire               lane10_compare,
    output wire [2:0]         lane11_column,
    output wire               lane11_bank,
    output wire               lane11_acquire,
    output wire [7:0]         lane11_dac,
    output wire               lane11_strobe,
    output wire               lane11_busy,
    input  wire               lane11_compare,
    output wire [2:0]         lane12_column,
    output wire               lane12_bank,
    output wire               lane12_acquire,
    output wire [7:0]         lane12_dac,
    output wire               lane12_strobe,
    output wire               lane12_busy,
    input  wire               lane12_compare,
    output wire [2:0]         lane13_column,
    output wire               lane13_bank,
    output wire               lane13_acquire,
    output wire [7:0]         lane13_dac,
    output wire               lane13_strobe,
    output wire               lane13_busy,
    input  wire               lane13_compare,
    output wire [2:0]         lane14_column,
    output wire               lane14_bank,
    output wire               lane14_acquire,
    output wire [7:0]         lane14_dac,
    output wire               lane14_strobe,
    output wire               lane14_busy,
    input  wire               lane14_compare,
    output wire [2:0]         lane15_column,
    output wire               lane15_bank,
    output wire               lane15_acquire,
    output wire [7:0]         lane15_dac,
    output wire               lane15_strobe,
    output wire               lane15_busy,
    input  wire               lane15_compare
);

  wire [127:0] input_buffer_digits;
  wire input_buffer_full;
  wire sequencer_drop;
  wire [2:0] sequencer_plane;
  wire sequencer_load;
  wire sequencer_off;
  wire [7:0] active_rows_total;
  wire [3:0] range_table_outputs_used;
  wire output_buffer_empty;
  wire sequencer_idle;
  wire input_buffer_started;
  wire sequencer_boundary;
  wire [7:0] lane_0_used;
  wire [1:0] sequencer_loaded;
  wire sequencer_older;
  wire [3:0] sequencer_tag_0;
  wire [3:0] sequencer_tag_1;
  wire sequencer_clear;
  wire [2:0] splice_destination_0;
  wire [15:0] lane_0_read_value;
  wire [7:0] lane_1_used;
  wire [2:0] splice_destination_1;
  wire [15:0] lane_1_read_value;
  wire [7:0] lane_2_used;
  wire [2:0] splice_destination_2;
  wire [15:0] lane_2_read_value;
  wire [7:0] lane_3_used;
  wire [2:0] splice_destination_3;
  wire [15:0] lane_3_read_value;
  wire [7:0] lane_4_used;
  wire [2:0] splice_destination_4;
  wire [15:0] lane_4_read_value;
  wire [7:0] lane_5_used;
  wire [2:0] splice_destination_5;
  wire [15:0] lane_5_read_value;
  wire [7:0] lane_6_used;
  wire [2:0] splice_destination_6;
  wire [15:0] lane_6_read_value;
  wire [7:0] lane_7_used;
  wire [2:0] splice_destination_7;
  wire [15:0] lane_7_read_value;
  wire [7:0] lane_8_used;
  wire [2:0] splice_destination_8;
  wire [15:0] lane_8_read_value;
  wire [7:0] lane_9_used;
  wire [2:0] splice_destination_9;
  wire [15:0] lane_9_read_value;
  wire [7:0] lane_10_used;
  wire [2:0] splice_destination_10;
  wire [15:0] lane_10_read_value;
  wire [7:0] lane_11_used;
  wire [2:0] splice_destination_11;
  wire [15:0] lane_11_read_value;
  wire [7:0] lane_12_used;
  wire [2:0] splice_destination_12;
  wire [15:0] lane_12_read_value;
  wire [7:0] lane_13_used;
  wire [2:0] splice_destination_13;
  wire [15:0] lane_13_read_value;
  wire [7:0] lane_14_used;
  wire [2:0] splice_destination_14;
  wire [15:0] lane_14_read_value;
  wire [7:0] lane_15_used;
  wire [2:0] splice_destination_15;
  wire [15:0] lane_15_read_value;
  wire [1:0] lane_0_pending;
  wire [1:0] lane_1_pending;
  wire [1:0] lane_2_pending;
  wire [1:0] lane_3_pending;
  wire [1:0] lane_4_pending;
  wire [1:0] lane_5_pending;
  wire [1:0] lane_6_pending;
  wire [1:0] lane_7_pending;
  wire [1:0] lane_8_pending;
  wire [1:0] lane_9_pending;
  wire [1:0] lane_10_pending;
  wire [1:0] lane_11_pending;
  wire [1:0] lane_12_pending;
  wire [1:0] lane_13_pending;
  wire [1:0] lane_14_pending;
  wire [1:0] lane_15_pending;
  wire [3:0] sequencer_output_index;
  wire sequencer_drain;
  wire signed [23:0] splice_total;

  wire lane_0_clear = sequencer_clear | sequencer_boundary;
  wire lane_1_clear = sequencer_clear | sequencer_boundary;
  wire lane_2_clear = sequencer_clear | sequencer_boundary;
  wire lane_3_clear = sequencer_clear | sequencer_boundary;
  wire lane_4_clear = sequencer_clear | sequencer_boundary;
  wire lane_5_clear = sequencer_clear | sequencer_boundary;
  wire lane_6_clear = sequencer_clear | sequencer_boundary;
  wire lane_7_clear = sequencer_clear | sequencer_boundary;
  wire lane_8_clear = sequencer_clear | sequencer_boundary;
  wire lane_9_clear = sequencer_clear | sequencer_boundary;
  wire lane_10_clear = sequencer_clear | sequencer_boundary;
  wire lane_11_clear = sequencer_clear | sequencer_boundary;
  wire lane_12_clear = sequencer_clear | sequencer_boundary;
  wire lane_13_clear = sequencer_clear | sequencer_boundary;
  wire lane_14_clear = sequencer_clear | sequencer_boundary;
  wire lane_15_clear = sequencer_clear | sequencer_boundary;
  wire [1:0] n1 = lane_0_pending | lane_1_pending | lane_2_pending | lane_3_pending | lane_4_pending
      | lane_5_pending | lane_6_pending;
  wire [1:0] n2 = n1 | lane_7_pending | lane_8_pending | lane_9_pending | lane_10_pending |
      lane_11_pending | lane_12_pending;
  wire [1:0] sequencer_pending = n2 | lane_13_pending | lane_14_pending | lane_15_pending;

  assign idle = sequencer_idle & ~input_buffer_started & output_buffer_empty & ~y_valid;
  assign lane_0_used[0] = range_table_outputs_used > 4'd0;
  assign lane_0_used[1] = range_table_outputs_used > 4'd1;
  assign lane_0_used[2] = range_table_outputs_used > 4'd2;
  assign lane_0_used[3] = range_table_outputs_used > 4'd3;
  assign lane_0_used[4] = range_table_outputs_used > 4'd4;
  assign lane_0_used[5] = range_table_outputs_used > 4'd5;
  assign lane_0_used[6] = range_table_outputs_used > 4'd6;
  assign lane_0_used[7] = range_table_outputs_used > 4'd7;
  assign lane_1_used[0] = range_table_outputs_used > 4'd8;
  assign lane_1_used[7:1] = lane_0_used[6:0];
  assign lane_2_used = {lane_0_used[5:0], lane_1_used[0], lane_0_used[7]};
  assign lane_3_used = {lane_0_used[4:0], lane_1_used[0], lane_0_used[7:6]};
  assign lane_4_used = {lane_0_used[3:0], lane_1_used[0], lane_0_used[7:5]};
  assign lane_5_used = {lane_0_used[2:0], lane_1_used[0], lane_0_used[7:4]};
  assign lane_6_used = {lane_0_used[1:0], lane_1_used[0], lane_0_used[7:3]};
  assign lane_7_used = {lane_0_used[0], lane_1_used[0], lane_0_used[7:2]};
  assign lane_8_used = {lane_1_used[0], lane_0_used[7:1]};
  assign lane_9_used = lane_0_used;
  assign lane_10_used = lane_1_used;
  assign lane_11_used = lane_2_used;
  assign lane_12_used = lane_3_used;
  assign lane_13_used = lane_4_used;
  assign lane_14_used = lane_5_used;
  assign lane_15_used = {2'd0, lane_1_used[0], lane_0_used[7:3]};

  baseline_input_buffer input_buffer (
    .clk(clk),
    .rst(rst),
    .i__payload(x_payload),
    .i__valid(x_valid),
    .i__ready(x_ready),
    .plane(sequencer_plane),
    .digits(input_buffer_digits),
    .full(input_buffer_full),
    .started(input_buffer_started),
    .drop(sequencer_drop)
  );

  baseline_row_drive row_drive_0 (
    .clk(clk),
    .rst(rst),
    .digits(input_buffer_digits),
    .load(sequencer_load),
    .off(sequencer_off),
    .drive(row_drive)
  );

  baseline_active_rows active_rows (
    .clk(clk),
    .rst(rst),
    .drive(row_drive),
    .total(active_rows_total)
  );

  baseline_sequencer sequencer (
    .clk(clk),
    .rst(rst),
    .full(input_buffer_full),
    .drop(sequencer_drop),
    .plane(sequencer_plane),
    .load(sequencer_load),
    .off(sequencer_off),
    .active(active_rows_total),
    .sample(sample),
    .hold_clear(hold_clear),
    .loaded(sequencer_loaded),
    .pending(sequencer_pending),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .outputs_used(range_table_outputs_used),
    .buffer_empty(output_buffer_empty),
    .drain(sequencer_drain),
    .output_index(sequencer_output_index),
    .clear(sequencer_clear),
    .boundary(sequencer_boundary),
    .idle(sequencer_idle)
  );

  baseline_range_table range_table (
    .clk(clk),
    .rst(rst),
    .paddr(paddr),
    .psel(psel),
    .penable(penable),
    .pwrite(pwrite),
    .pwdata(pwdata),
    .prdata(prdata),
    .pready(pready),
    .pslverr(pslverr),
    .idle(idle),
    .boundary(sequencer_boundary),
    .outputs_used(range_table_outputs_used)
  );

  baseline_lane lane_0 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_0_used),
    .pending(lane_0_pending),
    .column(lane0_column),
    .bank(lane0_bank),
    .acquire(lane0_acquire),
    .strobe(lane0_strobe),
    .busy(lane0_busy),
    .dac(lane0_dac),
    .compare(lane0_compare),
    .read_destination(splice_destination_0),
    .read_value(lane_0_read_value),
    .clear(lane_0_clear)
  );

  baseline_lane lane_1 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_1_used),
    .pending(lane_1_pending),
    .column(lane1_column),
    .bank(lane1_bank),
    .acquire(lane1_acquire),
    .strobe(lane1_strobe),
    .busy(lane1_busy),
    .dac(lane1_dac),
    .compare(lane1_compare),
    .read_destination(splice_destination_1),
    .read_value(lane_1_read_value),
    .clear(lane_1_clear)
  );

  baseline_lane lane_2 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_2_used),
    .pending(lane_2_pending),
    .column(lane2_column),
    .bank(lane2_bank),
    .acquire(lane2_acquire),
    .strobe(lane2_strobe),
    .busy(lane2_busy),
    .dac(lane2_dac),
    .compare(lane2_compare),
    .read_destination(splice_destination_2),
    .read_value(lane_2_read_value),
    .clear(lane_2_clear)
  );

  baseline_lane lane_3 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_3_used),
    .pending(lane_3_pending),
    .column(lane3_column),
    .bank(lane3_bank),
    .acquire(lane3_acquire),
    .strobe(lane3_strobe),
    .busy(lane3_busy),
    .dac(lane3_dac),
    .compare(lane3_compare),
    .read_destination(splice_destination_3),
    .read_value(lane_3_read_value),
    .clear(lane_3_clear)
  );

  baseline_lane lane_4 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_4_used),
    .pending(lane_4_pending),
    .column(lane4_column),
    .bank(lane4_bank),
    .acquire(lane4_acquire),
    .strobe(lane4_strobe),
    .busy(lane4_busy),
    .dac(lane4_dac),
    .compare(lane4_compare),
    .read_destination(splice_destination_4),
    .read_value(lane_4_read_value),
    .clear(lane_4_clear)
  );

  baseline_lane lane_5 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_5_used),
    .pending(lane_5_pending),
    .column(lane5_column),
    .bank(lane5_bank),
    .acquire(lane5_acquire),
    .strobe(lane5_strobe),
    .busy(lane5_busy),
    .dac(lane5_dac),
    .compare(lane5_compare),
    .read_destination(splice_destination_5),
    .read_value(lane_5_read_value),
    .clear(lane_5_clear)
  );

  baseline_lane lane_6 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_6_used),
    .pending(lane_6_pending),
    .column(lane6_column),
    .bank(lane6_bank),
    .acquire(lane6_acquire),
    .strobe(lane6_strobe),
    .busy(lane6_busy),
    .dac(lane6_dac),
    .compare(lane6_compare),
    .read_destination(splice_destination_6),
    .read_value(lane_6_read_value),
    .clear(lane_6_clear)
  );

  baseline_lane lane_7 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_7_used),
    .pending(lane_7_pending),
    .column(lane7_column),
    .bank(lane7_bank),
    .acquire(lane7_acquire),
    .strobe(lane7_strobe),
    .busy(lane7_busy),
    .dac(lane7_dac),
    .compare(lane7_compare),
    .read_destination(splice_destination_7),
    .read_value(lane_7_read_value),
    .clear(lane_7_clear)
  );

  baseline_lane lane_8 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_8_used),
    .pending(lane_8_pending),
    .column(lane8_column),
    .bank(lane8_bank),
    .acquire(lane8_acquire),
    .strobe(lane8_strobe),
    .busy(lane8_busy),
    .dac(lane8_dac),
    .compare(lane8_compare),
    .read_destination(splice_destination_8),
    .read_value(lane_8_read_value),
    .clear(lane_8_clear)
  );

  baseline_lane lane_9 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_9_used),
    .pending(lane_9_pending),
    .column(lane9_column),
    .bank(lane9_bank),
    .acquire(lane9_acquire),
    .strobe(lane9_strobe),
    .busy(lane9_busy),
    .dac(lane9_dac),
    .compare(lane9_compare),
    .read_destination(splice_destination_9),
    .read_value(lane_9_read_value),
    .clear(lane_9_clear)
  );

  baseline_lane lane_10 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_10_used),
    .pending(lane_10_pending),
    .column(lane10_column),
    .bank(lane10_bank),
    .acquire(lane10_acquire),
    .strobe(lane10_strobe),
    .busy(lane10_busy),
    .dac(lane10_dac),
    .compare(lane10_compare),
    .read_destination(splice_destination_10),
    .read_value(lane_10_read_value),
    .clear(lane_10_clear)
  );

  baseline_lane lane_11 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_11_used),
    .pending(lane_11_pending),
    .column(lane11_column),
    .bank(lane11_bank),
    .acquire(lane11_acquire),
    .strobe(lane11_strobe),
    .busy(lane11_busy),
    .dac(lane11_dac),
    .compare(lane11_compare),
    .read_destination(splice_destination_11),
    .read_value(lane_11_read_value),
    .clear(lane_11_clear)
  );

  baseline_lane lane_12 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_12_used),
    .pending(lane_12_pending),
    .column(lane12_column),
    .bank(lane12_bank),
    .acquire(lane12_acquire),
    .strobe(lane12_strobe),
    .busy(lane12_busy),
    .dac(lane12_dac),
    .compare(lane12_compare),
    .read_destination(splice_destination_12),
    .read_value(lane_12_read_value),
    .clear(lane_12_clear)
  );

  baseline_lane lane_13 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_13_used),
    .pending(lane_13_pending),
    .column(lane13_column),
    .bank(lane13_bank),
    .acquire(lane13_acquire),
    .strobe(lane13_strobe),
    .busy(lane13_busy),
    .dac(lane13_dac),
    .compare(lane13_compare),
    .read_destination(splice_destination_13),
    .read_value(lane_13_read_value),
    .clear(lane_13_clear)
  );

  baseline_lane lane_14 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_14_used),
    .pending(lane_14_pending),
    .column(lane14_column),
    .bank(lane14_bank),
    .acquire(lane14_acquire),
    .strobe(lane14_strobe),
    .busy(lane14_busy),
    .dac(lane14_dac),
    .compare(lane14_compare),
    .read_destination(splice_destination_14),
    .read_value(lane_14_read_value),
    .clear(lane_14_clear)
  );

  baseline_lane lane_15 (
    .clk(clk),
    .rst(rst),
    .load(sequencer_loaded),
    .older(sequencer_older),
    .tag_0(sequencer_tag_0),
    .tag_1(sequencer_tag_1),
    .used(lane_15_used),
    .pending(lane_15_pending),
    .column(lane15_column),
    .bank(lane15_bank),
    .acquire(lane15_acquire),
    .strobe(lane15_strobe),
    .busy(lane15_busy),
    .dac(lane15_dac),
    .compare(lane15_compare),
    .read_destination(splice_destination_15),
    .read_value(lane_15_read_value),
    .clear(lane_15_clear)
  );

  baseline_splice splice (
    .output_index(sequencer_output_index),
    .destination_0(splice_destination_0),
    .destination_1(splice_destination_1),
    .destination_2(splice_destination_2),
    .destination_3(splice_destination_3),
    .destination_4(splice_destination_4),
    .destination_5(splice_destination_5),
    .destination_6(splice_destination_6),
    .destination_7(splice_destination_7),
    .destination_8(splice_destination_8),
    .destination_9(splice_destination_9),
    .destination_10(splice_destination_10),
    .destination_11(splice_destination_11),
    .destination_12(splice_destination_12),
    .destination_13(splice_destination_13),
    .destination_14(splice_destination_14),
    .destination_15(splice_destination_15),
    .value_0(lane_0_read_value),
    .value_1(lane_1_read_value),
    .value_2(lane_2_read_value),
    .value_3(lane_3_read_value),
    .value_4(lane_4_read_value),
    .value_5(lane_5_read_value),
    .value_6(lane_6_read_value),
    .value_7(lane_7_read_value),
    .value_8(lane_8_read_value),
    .value_9(lane_9_read_value),
    .value_10(lane_10_read_value),
    .value_11(lane_11_read_value),
    .value_12(lane_12_read_value),
    .value_13(lane_13_read_value),
    .value_14(lane_14_read_value),
    .value_15(lane_15_read_value),
    .total(splice_total)
  );

  baseline_output_buffer output_buffer (
    .clk(clk),
    .rst(rst),
    .write(sequencer_drain),
    .index(sequencer_output_index),
    .sum(splice_total),
    .empty(output_buffer_empty),
    .y_in__payload(y_in_payload),
    .y_in__valid(y_in_valid),
    .y_in__ready(y_in_ready),
    .o__payload(y_payload),
    .o__valid(y_valid),
    .o__ready(y_ready)
  );

endmodule
