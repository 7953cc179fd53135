// adaptive_output_buffer: Double-buffer y: the next vector is converted while this one waits to be
// taken.
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

module adaptive_output_buffer (
    input  wire               clk,
    input  wire               rst,
    input  wire               write,
    input  wire [3:0]         index,
    input  wire signed [23:0] sum,
    output wire               empty,
    input  wire signed [29:0] y_in__payload,
    input  wire               y_in__valid,
    output wire               y_in__ready,
    output reg  signed [29:0] o__payload,
    output reg                o__valid,
    input  wire               o__ready
);

  reg [8:0] full;
  reg [3:0] lowest;
  reg signed [23:0] word;
  reg signed [23:0] word_0;
  reg signed [23:0] word_1;
  reg signed [23:0] word_2;
  reg signed [23:0] word_3;
  reg signed [23:0] word_4;
  reg signed [23:0] word_5;
  reg signed [23:0] word_6;
  reg signed [23:0] word_7;
  reg signed [23:0] word_8;

  wire move = y_in__ready & y_in__valid;
  wire [29:0] n1 = {{6{word[23]}}, word} + y_in__payload;

  assign empty = full == 9'd0;
  assign y_in__ready = ~empty & (~o__valid | o__ready);

  always @* begin
    word = 24'd0;
    case (lowest)
      4'd0: word = word_0;
      4'd1: word = word_1;
      4'd2: word = word_2;
      4'd3: word = word_3;
      4'd4: word = word_4;
      4'd5: word = word_5;
      4'd6: word = word_6;
      4'd7: word = word_7;
      4'd8: word = word_8;
      default: ;
    endcase
  end

  always @* begin
    lowest = 4'd0;
    if (full[8]) lowest = 4'd8;
    if (full[7]) lowest = 4'd7;
    if (full[6]) lowest = 4'd6;
    if (full[5]) lowest = 4'd5;
    if (full[4]) lowest = 4'd4;
    if (full[3]) lowest = 4'd3;
    if (full[2]) lowest = 4'd2;
    if (full[1]) lowest = 4'd1;
    if (full[0]) lowest = 4'd0;
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      o__valid <= 1'b0;
      o__payload <= 30'd0;
      full <= 9'd0;
    end else begin
      if (o__ready) o__valid <= 1'b0;
      if (move) begin
        o__valid <= 1'b1;
        o__payload <= n1;
        case (lowest)
          4'd0: full[0] <= 1'b0;
          4'd1: full[1] <= 1'b0;
          4'd2: full[2] <= 1'b0;
          4'd3: full[3] <= 1'b0;
          4'd4: full[4] <= 1'b0;
          4'd5: full[5] <= 1'b0;
          4'd6: full[6] <= 1'b0;
          4'd7: full[7] <= 1'b0;
          4'd8: full[8] <= 1'b0;
          default: ;
        endcase
      end
      if (write) begin
        if (index == 4'd0) full[0] <= 1'b1;
        if (index == 4'd1) full[1] <= 1'b1;
        if (index == 4'd2) full[2] <= 1'b1;
        if (index == 4'd3) full[3] <= 1'b1;
        if (index == 4'd4) full[4] <= 1'b1;
        if (index == 4'd5) full[5] <= 1'b1;
        if (index == 4'd6) full[6] <= 1'b1;
        if (index == 4'd7) full[7] <= 1'b1;
        if (index == 4'd8) full[8] <= 1'b1;
      end
    end
  end

  always @(posedge clk) begin
    if (write) begin
      if (index == 4'd0) word_0 <= sum;
      if (index == 4'd1) word_1 <= sum;
      if (index == 4'd2) word_2 <= sum;
      if (index == 4'd3) word_3 <= sum;
      if (index == 4'd4) word_4 <= sum;
      if (index == 4'd5) word_5 <= sum;
      if (index == 4'd6) word_6 <= sum;
      if (index == 4'd7) word_7 <= sum;
      if (index == 4'd8) word_8 <= sum;
    end
  end

endmodule
