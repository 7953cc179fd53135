// baseline_input_buffer: Hold one input vector and show one plane of it.
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

module baseline_input_buffer (
    input  wire         clk,
    input  wire         rst,
    input  wire [63:0]  i__payload,
    input  wire         i__valid,
    output wire         i__ready,
    input  wire [2:0]   plane,
    output reg  [127:0] digits,
    output reg          full,
    output wire         started,
    input  wire         drop
);

  reg [3:0] filled;
  reg [63:0] beat_0;
  reg [63:0] beat_1;
  reg [63:0] beat_2;
  reg [63:0] beat_3;
  reg [63:0] beat_4;
  reg [63:0] beat_5;
  reg [63:0] beat_6;
  reg [63:0] beat_7;
  reg [63:0] beat_8;
  reg [63:0] beat_9;
  reg [63:0] beat_10;
  reg [63:0] beat_11;
  reg [63:0] beat_12;
  reg [63:0] beat_13;
  reg [63:0] beat_14;
  reg [63:0] beat_15;

  wire take = i__valid & i__ready;

  assign i__ready = ~full;
  assign started = full | (filled != 4'd0);

  always @* begin
    digits = 128'd0;
    case (plane)
      3'd0: digits = {beat_15[56], beat_15[48], beat_15[40], beat_15[32], beat_15[24], beat_15[16],
          beat_15[8], beat_15[0], beat_14[56], beat_14[48], beat_14[40], beat_14[32], beat_14[24],
          beat_14[16], beat_14[8], beat_14[0], beat_13[56], beat_13[48], beat_13[40], beat_13[32],
          beat_13[24], beat_13[16], beat_13[8], beat_13[0], beat_12[56], beat_12[48], beat_12[40],
          beat_12[32], beat_12[24], beat_12[16], beat_12[8], beat_12[0], beat_11[56], beat_11[48],
          beat_11[40], beat_11[32], beat_11[24], beat_11[16], beat_11[8], beat_11[0], beat_10[56],
          beat_10[48], beat_10[40], beat_10[32], beat_10[24], beat_10[16], beat_10[8], beat_10[0],
          beat_9[56], beat_9[48], beat_9[40], beat_9[32], beat_9[24], beat_9[16], beat_9[8],
          beat_9[0], beat_8[56], beat_8[48], beat_8[40], beat_8[32], beat_8[24], beat_8[16],
          beat_8[8], beat_8[0], beat_7[56], beat_7[48], beat_7[40], beat_7[32], beat_7[24],
          beat_7[16], beat_7[8], beat_7[0], beat_6[56], beat_6[48], beat_6[40], beat_6[32],
          beat_6[24], beat_6[16], beat_6[8], beat_6[0], beat_5[56], beat_5[48], beat_5[40],
          beat_5[32], beat_5[24], beat_5[16], beat_5[8], beat_5[0], beat_4[56], beat_4[48],
          beat_4[40], beat_4[32], beat_4[24], beat_4[16], beat_4[8], beat_4[0], beat_3[56],
          beat_3[48], beat_3[40], beat_3[32], beat_3[24], beat_3[16], beat_3[8], beat_3[0],
          beat_2[56], beat_2[48], beat_2[40], beat_2[32], beat_2[24], beat_2[16], beat_2[8],
          beat_2[0], beat_1[56], beat_1[48], beat_1[40], beat_1[32], beat_1[24], beat_1[16],
          beat_1[8], beat_1[0], beat_0[56], beat_0[48], beat_0[40], beat_0[32], beat_0[24],
          beat_0[16], beat_0[8], beat_0[0]};
      3'd1: digits = {beat_15[57], beat_15[49], beat_15[41], beat_15[33], beat_15[25], beat_15[17],
          beat_15[9], beat_15[1], beat_14[57], beat_14[49], beat_14[41], beat_14[33], beat_14[25],
          beat_14[17], beat_14[9], beat_14[1], beat_13[57], beat_13[49], beat_13[41], beat_13[33],
          beat_13[25], beat_13[17], beat_13[9], beat_13[1], beat_12[57], beat_12[49], beat_12[41],
          beat_12[33], beat_12[25], beat_12[17], beat_12[9], beat_12[1], beat_11[57], beat_11[49],
          beat_11[41], beat_11[33], beat_11[25], beat_11[17], beat_11[9], beat_11[1], beat_10[57],
          beat_10[49], beat_10[41], beat_10[33], beat_10[25], beat_10[17], beat_10[9], beat_10[1],
          beat_9[57], beat_9[49], beat_9[41], beat_9[33], beat_9[25], beat_9[17], beat_9[9],
          beat_9[1], beat_8[57], beat_8[49], beat_8[41], beat_8[33], beat_8[25], beat_8[17],
          beat_8[9], beat_8[1], beat_7[57], beat_7[49], beat_7[41], beat_7[33], beat_7[25],
          beat_7[17], beat_7[9], beat_7[1], beat_6[57], beat_6[49], beat_6[41], beat_6[33],
          beat_6[25], beat_6[17], beat_6[9], beat_6[1], beat_5[57], beat_5[49], beat_5[41],
          beat_5[33], beat_5[25], beat_5[17], beat_5[9], beat_5[1], beat_4[57], beat_4[49],
          beat_4[41], beat_4[33], beat_4[25], beat_4[17], beat_4[9], beat_4[1], beat_3[57],
          beat_3[49], beat_3[41], beat_3[33], beat_3[25], beat_3[17], beat_3[9], beat_3[1],
          beat_2[57], beat_2[49], beat_2[41], beat_2[33], beat_2[25], beat_2[17], beat_2[9],
          beat_2[1], beat_1[57], beat_1[49], beat_1[41], beat_1[33], beat_1[25], beat_1[17],
          beat_1[9], beat_1[1], beat_0[57], beat_0[49], beat_0[41], beat_0[33], beat_0[25],
          beat_0[17], beat_0[9], beat_0[1]};
      3'd2: digits = {beat_15[58], beat_15[50], beat_15[42], beat_15[34], beat_15[26], beat_15[18],
          beat_15[10], beat_15[2], beat_14[58], beat_14[50], beat_14[42], beat_14[34], beat_14[26],
          beat_14[18], beat_14[10], beat_14[2], beat_13[58], beat_13[50], beat_13[42], beat_13[34],
          beat_13[26], beat_13[18], beat_13[10], beat_13[2], beat_12[58], beat_12[50], beat_12[42],
          beat_12[34], beat_12[26], beat_12[18], beat_12[10], beat_12[2], beat_11[58], beat_11[50],
          beat_11[42], beat_11[34], beat_11[26], beat_11[18], beat_11[10], beat_11[2], beat_10[58],
          beat_10[50], beat_10[42], beat_10[34], beat_10[26], beat_10[18], beat_10[10], beat_10[2],
          beat_9[58], beat_9[50], beat_9[42], beat_9[34], beat_9[26], beat_9[18], beat_9[10],
          beat_9[2], beat_8[58], beat_8[50], beat_8[42], beat_8[34], beat_8[26], beat_8[18],
          beat_8[10], beat_8[2], beat_7[58], beat_7[50], beat_7[42], beat_7[34], beat_7[26],
          beat_7[18], beat_7[10], beat_7[2], beat_6[58], beat_6[50], beat_6[42], beat_6[34],
          beat_6[26], beat_6[18], beat_6[10], beat_6[2], beat_5[58], beat_5[50], beat_5[42],
          beat_5[34], beat_5[26], beat_5[18], beat_5[10], beat_5[2], beat_4[58], beat_4[50],
          beat_4[42], beat_4[34], beat_4[26], beat_4[18], beat_4[10], beat_4[2], beat_3[58],
          beat_3[50], beat_3[42], beat_3[34], beat_3[26], beat_3[18], beat_3[10], beat_3[2],
          beat_2[58], beat_2[50], beat_2[42], beat_2[34], beat_2[26], beat_2[18], beat_2[10],
          beat_2[2], beat_1[58], beat_1[50], beat_1[42], beat_1[34], beat_1[26], beat_1[18],
          beat_1[10], beat_1[2], beat_0[58], beat_0[50], beat_0[42], beat_0[34], beat_0[26],
          beat_0[18], beat_0[10], beat_0[2]};
      3'd3: digits = {beat_15[59], beat_15[51], beat_15[43], beat_15[35], beat_15[27], beat_15[19],
          beat_15[11], beat_15[3], beat_14[59], beat_14[51], beat_14[43], beat_14[35], beat_14[27],
          beat_14[19], beat_14[11], beat_14[3], beat_13[59], beat_13[51], beat_13[43], beat_13[35],
          beat_13[27], beat_13[19], beat_13[11], beat_13[3], beat_12[59], beat_12[51], beat_12[43],
          beat_12[35], beat_12[27], beat_12[19], beat_12[11], beat_12[3], beat_11[59], beat_11[51],
          beat_11[43], beat_11[35], beat_11[27], beat_11[19], beat_11[11], beat_11[3], beat_10[59],
          beat_10[51], beat_10[43], beat_10[35], beat_10[27], beat_10[19], beat_10[11], beat_10[3],
          beat_9[59], beat_9[51], beat_9[43], beat_9[35], beat_9[27], beat_9[19], beat_9[11],
          beat_9[3], beat_8[59], beat_8[51], beat_8[43], beat_8[35], beat_8[27], beat_8[19],
          beat_8[11], beat_8[3], beat_7[59], beat_7[51], beat_7[43], beat_7[35], beat_7[27],
          beat_7[19], beat_7[11], beat_7[3], beat_6[59], beat_6[51], beat_6[43], beat_6[35],
          beat_6[27], beat_6[19], beat_6[11], beat_6[3], beat_5[59], beat_5[51], beat_5[43],
          beat_5[35], beat_5[27], beat_5[19], beat_5[11], beat_5[3], beat_4[59], beat_4[51],
          beat_4[43], beat_4[35], beat_4[27], beat_4[19], beat_4[11], beat_4[3], beat_3[59],
          beat_3[51], beat_3[43], beat_3[35], beat_3[27], beat_3[19], beat_3[11], beat_3[3],
          beat_2[59], beat_2[51], beat_2[43], beat_2[35], beat_2[27], beat_2[19], beat_2[11],
          beat_2[3], beat_1[59], beat_1[51], beat_1[43], beat_1[35], beat_1[27], beat_1[19],
          beat_1[11], beat_1[3], beat_0[59], beat_0[51], beat_0[43], beat_0[35], beat_0[27],
          beat_0[19], beat_0[11], beat_0[3]};
      3'd4: digits = {beat_15[60], beat_15[52], beat_15[44], beat_15[36], beat_15[28], beat_15[20],
          beat_15[12], beat_15[4], beat_14[60], beat_14[52], beat_14[44], beat_14[36], beat_14[28],
          beat_14[20], beat_14[12], beat_14[4], beat_13[60], beat_13[52], beat_13[44], beat_13[36],
          beat_13[28], beat_13[20], beat_13[12], beat_13[4], beat_12[60], beat_12[52], beat_12[44],
          beat_12[36], beat_12[28], beat_12[20], beat_12[12], beat_12[4], beat_11[60], beat_11[52],
          beat_11[44], beat_11[36], beat_11[28], beat_11[20], beat_11[12], beat_11[4], beat_10[60],
          beat_10[52], beat_10[44], beat_10[36], beat_10[28], beat_10[20], beat_10[12], beat_10[4],
          beat_9[60], beat_9[52], beat_9[44], beat_9[36], beat_9[28], beat_9[20], beat_9[12],
          beat_9[4], beat_8[60], beat_8[52], beat_8[44], beat_8[36], beat_8[28], beat_8[20],
          beat_8[12], beat_8[4], beat_7[60], beat_7[52], beat_7[44], beat_7[36], beat_7[28],
          beat_7[20], beat_7[12], beat_7[4], beat_6[60], beat_6[52], beat_6[44], beat_6[36],
          beat_6[28], beat_6[20], beat_6[12], beat_6[4], beat_5[60], beat_5[52], beat_5[44],
          beat_5[36], beat_5[28], beat_5[20], beat_5[12], beat_5[4], beat_4[60], beat_4[52],
          beat_4[44], beat_4[36], beat_4[28], beat_4[20], beat_4[12], beat_4[4], beat_3[60],
          beat_3[52], beat_3[44], beat_3[36], beat_3[28], beat_3[20], beat_3[12], beat_3[4],
          beat_2[60], beat_2[52], beat_2[44], beat_2[36], beat_2[28], beat_2[20], beat_2[12],
          beat_2[4], beat_1[60], beat_1[52], beat_1[44], beat_1[36], beat_1[28], beat_1[20],
          beat_1[12], beat_1[4], beat_0[60], beat_0[52], beat_0[44], beat_0[36], beat_0[28],
          beat_0[20], beat_0[12], beat_0[4]};
      3'd5: digits = {beat_15[61], beat_15[53], beat_15[45], beat_15[37], beat_15[29], beat_15[21],
          beat_15[13], beat_15[5], beat_14[61], beat_14[53], beat_14[45], beat_14[37], beat_14[29],
          beat_14[21], beat_14[13], beat_14[5], beat_13[61], beat_13[53], beat_13[45], beat_13[37],
          beat_13[29], beat_13[21], beat_13[13], beat_13[5], beat_12[61], beat_12[53], beat_12[45],
          beat_12[37], beat_12[29], beat_12[21], beat_12[13], beat_12[5], beat_11[61], beat_11[53],
          beat_11[45], beat_11[37], beat_11[29], beat_11[21], beat_11[13], beat_11[5], beat_10[61],
          beat_10[53], beat_10[45], beat_10[37], beat_10[29], beat_10[21], beat_10[13], beat_10[5],
          beat_9[61], beat_9[53], beat_9[45], beat_9[37], beat_9[29], beat_9[21], beat_9[13],
          beat_9[5], beat_8[61], beat_8[53], beat_8[45], beat_8[37], beat_8[29], beat_8[21],
          beat_8[13], beat_8[5], beat_7[61], beat_7[53], beat_7[45], beat_7[37], beat_7[29],
          beat_7[21], beat_7[13], beat_7[5], beat_6[61], beat_6[53], beat_6[45], beat_6[37],
          beat_6[29], beat_6[21], beat_6[13], beat_6[5], beat_5[61], beat_5[53], beat_5[45],
          beat_5[37], beat_5[29], beat_5[21], beat_5[13], beat_5[5], beat_4[61], beat_4[53],
          beat_4[45], beat_4[37], beat_4[29], beat_4[21], beat_4[13], beat_4[5], beat_3[61],
          beat_3[53], beat_3[45], beat_3[37], beat_3[29], beat_3[21], beat_3[13], beat_3[5],
          beat_2[61], beat_2[53], beat_2[45], beat_2[37], beat_2[29], beat_2[21], beat_2[13],
          beat_2[5], beat_1[61], beat_1[53], beat_1[45], beat_1[37], beat_1[29], beat_1[21],
          beat_1[13], beat_1[5], beat_0[61], beat_0[53], beat_0[45], beat_0[37], beat_0[29],
          beat_0[21], beat_0[13], beat_0[5]};
      3'd6: digits = {beat_15[62], beat_15[54], beat_15[46], beat_15[38], beat_15[30], beat_15[22],
          beat_15[14], beat_15[6], beat_14[62], beat_14[54], beat_14[46], beat_14[38], beat_14[30],
          beat_14[22], beat_14[14], beat_14[6], beat_13[62], beat_13[54], beat_13[46], beat_13[38],
          beat_13[30], beat_13[22], beat_13[14], beat_13[6], beat_12[62], beat_12[54], beat_12[46],
          beat_12[38], beat_12[30], beat_12[22], beat_12[14], beat_12[6], beat_11[62], beat_11[54],
          beat_11[46], beat_11[38], beat_11[30], beat_11[22], beat_11[14], beat_11[6], beat_10[62],
          beat_10[54], beat_10[46], beat_10[38], beat_10[30], beat_10[22], beat_10[14], beat_10[6],
          beat_9[62], beat_9[54], beat_9[46], beat_9[38], beat_9[30], beat_9[22], beat_9[14],
          beat_9[6], beat_8[62], beat_8[54], beat_8[46], beat_8[38], beat_8[30], beat_8[22],
          beat_8[14], beat_8[6], beat_7[62], beat_7[54], beat_7[46], beat_7[38], beat_7[30],
          beat_7[22], beat_7[14], beat_7[6], beat_6[62], beat_6[54], beat_6[46], beat_6[38],
          beat_6[30], beat_6[22], beat_6[14], beat_6[6], beat_5[62], beat_5[54], beat_5[46],
          beat_5[38], beat_5[30], beat_5[22], beat_5[14], beat_5[6], beat_4[62], beat_4[54],
          beat_4[46], beat_4[38], beat_4[30], beat_4[22], beat_4[14], beat_4[6], beat_3[62],
          beat_3[54], beat_3[46], beat_3[38], beat_3[30], beat_3[22], beat_3[14], beat_3[6],
          beat_2[62], beat_2[54], beat_2[46], beat_2[38], beat_2[30], beat_2[22], beat_2[14],
          beat_2[6], beat_1[62], beat_1[54], beat_1[46], beat_1[38], beat_1[30], beat_1[22],
          beat_1[14], beat_1[6], beat_0[62], beat_0[54], beat_0[46], beat_0[38], beat_0[30],
          beat_0[22], beat_0[14], beat_0[6]};
      3'd7: digits = {beat_15[63], beat_15[55], beat_15[47], beat_15[39], beat_15[31], beat_15[23],
          beat_15[15], beat_15[7], beat_14[63], beat_14[55], beat_14[47], beat_14[39], beat_14[31],
          beat_14[23], beat_14[15], beat_14[7], beat_13[63], beat_13[55], beat_13[47], beat_13[39],
          beat_13[31], beat_13[23], beat_13[15], beat_13[7], beat_12[63], beat_12[55], beat_12[47],
          beat_12[39], beat_12[31], beat_12[23], beat_12[15], beat_12[7], beat_11[63], beat_11[55],
          beat_11[47], beat_11[39], beat_11[31], beat_11[23], beat_11[15], beat_11[7], beat_10[63],
          beat_10[55], beat_10[47], beat_10[39], beat_10[31], beat_10[23], beat_10[15], beat_10[7],
          beat_9[63], beat_9[55], beat_9[47], beat_9[39], beat_9[31], beat_9[23], beat_9[15],
          beat_9[7], beat_8[63], beat_8[55], beat_8[47], beat_8[39], beat_8[31], beat_8[23],
          beat_8[15], beat_8[7], beat_7[63], beat_7[55], beat_7[47], beat_7[39], beat_7[31],
          beat_7[23], beat_7[15], beat_7[7], beat_6[63], beat_6[55], beat_6[47], beat_6[39],
          beat_6[31], beat_6[23], beat_6[15], beat_6[7], beat_5[63], beat_5[55], beat_5[47],
          beat_5[39], beat_5[31], beat_5[23], beat_5[15], beat_5[7], beat_4[63], beat_4[55],
          beat_4[47], beat_4[39], beat_4[31], beat_4[23], beat_4[15], beat_4[7], beat_3[63],
          beat_3[55], beat_3[47], beat_3[39], beat_3[31], beat_3[23], beat_3[15], beat_3[7],
          beat_2[63], beat_2[55], beat_2[47], beat_2[39], beat_2[31], beat_2[23], beat_2[15],
          beat_2[7], beat_1[63], beat_1[55], beat_1[47], beat_1[39], beat_1[31], beat_1[23],
          beat_1[15], beat_1[7], beat_0[63], beat_0[55], beat_0[47], beat_0[39], beat_0[31],
          beat_0[23], beat_0[15], beat_0[7]};
    endcase
  end

  always @(posedge clk) begin
    if (take) begin
      if (filled == 4'd0) beat_0 <= i__payload;
      if (filled == 4'd1) beat_1 <= i__payload;
      if (filled == 4'd2) beat_2 <= i__payload;
      if (filled == 4'd3) beat_3 <= i__payload;
      if (filled == 4'd4) beat_4 <= i__payload;
      if (filled == 4'd5) beat_5 <= i__payload;
      if (filled == 4'd6) beat_6 <= i__payload;
      if (filled == 4'd7) beat_7 <= i__payload;
      if (filled == 4'd8) beat_8 <= i__payload;
      if (filled == 4'd9) beat_9 <= i__payload;
      if (filled == 4'ha) beat_10 <= i__payload;
      if (filled == 4'hb) beat_11 <= i__payload;
      if (filled == 4'hc) beat_12 <= i__payload;
      if (filled == 4'hd) beat_13 <= i__payload;
      if (filled == 4'he) beat_14 <= i__payload;
      if (filled == 4'hf) beat_15 <= i__payload;
    end
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      filled <= 4'd0;
      full <= 1'b0;
    end else begin
      if (take) begin
        filled <= filled + 4'd1;
        if (filled >= 4'hf) begin
          filled <= 4'd0;
          full <= 1'b1;
        end
      end
      if (drop) full <= 1'b0;
    end
  end

endmodule
