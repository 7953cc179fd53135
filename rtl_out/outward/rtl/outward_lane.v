// outward_lane: Serve the columns of one lane in turn, each as fast as its search allows.
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

module outward_lane (
    input  wire        clk,
    input  wire        rst,
    input  wire [1:0]  load,
    input  wire        older,
    input  wire [27:0] tag_0,
    input  wire [27:0] tag_1,
    input  wire [7:0]  used,
    input  wire [7:0]  table_of,
    output reg  [1:0]  pending,
    output reg  [2:0]  column,
    output reg         bank,
    output wire        acquire,
    output wire        strobe,
    output wire        busy,
    output wire [7:0]  dac,
    input  wire        compare,
    input  wire [2:0]  read_destination,
    output wire [15:0] read_value,
    input  wire        clear
);

  reg [2:0] following;
  reg shift_add_i__valid;
  reg bank_done;
  reg [2:0] column_done;
  reg n1;
  reg n2;
  wire sar_search_start;
  wire sar_search_step;
  wire sar_search_answer;
  wire search_none;
  wire search_last;
  wire sar_idle;
  wire sar_finish;
  wire [14:0] shift_add_i__payload;

  wire table_of_0 = table_of[0];
  wire table_of_1 = table_of[1];
  wire table_of_2 = table_of[2];
  wire table_of_3 = table_of[3];
  wire table_of_4 = table_of[4];
  wire table_of_5 = table_of[5];
  wire table_of_6 = table_of[6];
  wire table_of_7 = table_of[7];
  wire pending_bank = (&pending) ? older : pending[1];
  wire [7:0] above = 8'hfe << column;
  wire [7:0] candidates = sar_idle ? used : used & above;
  wire more = |candidates;
  wire [7:0] tag_0_centres_0 = tag_0[19:12];
  wire [7:0] tag_0_centres_1 = tag_0[27:20];
  wire [7:0] tag_1_centres_0 = tag_1[19:12];
  wire [7:0] tag_1_centres_1 = tag_1[27:20];
  wire [7:0] search_centre = bank ? (n1 ? tag_1_centres_1 : tag_1_centres_0) : n2 ? tag_0_centres_1
      : tag_0_centres_0;
  wire [7:0] tag_0_bound = tag_0[11:4];
  wire [7:0] tag_1_bound = tag_1[11:4];
  wire [7:0] search_bound = bank ? tag_1_bound : tag_0_bound;
  wire [7:0] level = dac & {8{shift_add_i__valid}};
  wire [2:0] tag_0_plane = tag_0[2:0];
  wire [2:0] tag_1_plane = tag_1[2:0];
  wire [2:0] plane = bank_done ? tag_1_plane : tag_0_plane;
  wire tag_0_negate = tag_0[3];
  wire tag_1_negate = tag_1[3];
  wire negate_plane = bank_done ? tag_1_negate : tag_0_negate;
  wire sar_start = sar_finish ? more : sar_idle & (|pending) & more;

  assign shift_add_i__payload = {level, negate_plane, plane, column_done};

  outward_sar sar (
    .clk(clk),
    .rst(rst),
    .start(sar_start),
    .idle(sar_idle),
    .finish(sar_finish),
    .acquire(acquire),
    .strobe(strobe),
    .busy(busy),
    .compare(compare),
    .search_start(sar_search_start),
    .search_step(sar_search_step),
    .search_answer(sar_search_answer),
    .search_none(search_none),
    .search_last(search_last)
  );

  outward_search search (
    .clk(clk),
    .rst(rst),
    .bound(search_bound),
    .centre(search_centre),
    .start(sar_search_start),
    .step(sar_search_step),
    .answer(sar_search_answer),
    .none(search_none),
    .last(search_last),
    .dac(dac)
  );

  outward_shift_add shift_add (
    .clk(clk),
    .rst(rst),
    .i__payload(shift_add_i__payload),
    .i__valid(shift_add_i__valid),
    .read_destination(read_destination),
    .read_value(read_value),
    .clear(clear)
  );

  always @* begin
    n1 = 1'b0;
    n2 = 1'b0;
    case (column)
      3'd0: begin
        n1 = table_of_0;
        n2 = table_of_0;
      end
      3'd1: begin
        n1 = table_of_1;
        n2 = table_of_1;
      end
      3'd2: begin
        n1 = table_of_2;
        n2 = table_of_2;
      end
      3'd3: begin
        n1 = table_of_3;
        n2 = table_of_3;
      end
      3'd4: begin
        n1 = table_of_4;
        n2 = table_of_4;
      end
      3'd5: begin
        n1 = table_of_5;
        n2 = table_of_5;
      end
      3'd6: begin
        n1 = table_of_6;
        n2 = table_of_6;
      end
      3'd7: begin
        n1 = table_of_7;
        n2 = table_of_7;
      end
    endcase
  end

  always @* begin
    following = 3'd0;
    if (candidates[7]) following = 3'd7;
    if (candidates[6]) following = 3'd6;
    if (candidates[5]) following = 3'd5;
    if (candidates[4]) following = 3'd4;
    if (candidates[3]) following = 3'd3;
    if (candidates[2]) following = 3'd2;
    if (candidates[1]) following = 3'd1;
    if (candidates[0]) following = 3'd0;
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      bank <= 1'b0;
      pending <= 2'd0;
      column <= 3'd0;
      shift_add_i__valid <= 1'b0;
      column_done <= 3'd0;
      bank_done <= 1'b0;
    end else begin
      shift_add_i__valid <= sar_finish;
      column_done <= column;
      bank_done <= bank;
      if (sar_idle & (|pending)) begin
        bank <= pending_bank;
        if (!more) begin
          if (!pending_bank) pending[0] <= 1'b0;
          else pending[1] <= 1'b0;
        end
      end
      if (sar_finish) begin
        if (!more) begin
          if (!bank) pending[0] <= 1'b0;
          else pending[1] <= 1'b0;
        end
      end
      if (load[0]) pending[0] <= 1'b1;
      if (load[1]) pending[1] <= 1'b1;
      if (sar_start) column <= following;
    end
  end

endmodule
