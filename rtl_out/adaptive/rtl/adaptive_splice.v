// adaptive_splice: Combine slices, polarities and lanes.
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

module adaptive_splice (
    input  wire [3:0]         output_index,
    output reg  [2:0]         destination_0,
    output reg  [2:0]         destination_1,
    output reg  [2:0]         destination_2,
    output reg  [2:0]         destination_3,
    output reg  [2:0]         destination_4,
    output reg  [2:0]         destination_5,
    output reg  [2:0]         destination_6,
    output reg  [2:0]         destination_7,
    output reg  [2:0]         destination_8,
    output reg  [2:0]         destination_9,
    output reg  [2:0]         destination_10,
    output reg  [2:0]         destination_11,
    output reg  [2:0]         destination_12,
    output reg  [2:0]         destination_13,
    output reg  [2:0]         destination_14,
    output reg  [2:0]         destination_15,
    input  wire [15:0]        value_0,
    input  wire [15:0]        value_1,
    input  wire [15:0]        value_2,
    input  wire [15:0]        value_3,
    input  wire [15:0]        value_4,
    input  wire [15:0]        value_5,
    input  wire [15:0]        value_6,
    input  wire [15:0]        value_7,
    input  wire [15:0]        value_8,
    input  wire [15:0]        value_9,
    input  wire [15:0]        value_10,
    input  wire [15:0]        value_11,
    input  wire [15:0]        value_12,
    input  wire [15:0]        value_13,
    input  wire [15:0]        value_14,
    input  wire [15:0]        value_15,
    output wire signed [23:0] total
);

  reg [15:0] term_0;
  reg signed [16:0] term_1;
  reg signed [17:0] term_2;
  reg signed [17:0] term_3;
  reg signed [18:0] term_4;
  reg signed [18:0] term_5;
  reg signed [19:0] term_6;
  reg signed [19:0] term_7;
  reg signed [19:0] term_8;
  reg [19:0] term_9;
  reg signed [20:0] term_10;
  reg signed [21:0] term_11;
  reg signed [21:0] term_12;
  reg signed [22:0] term_13;
  reg signed [22:0] term_14;
  reg signed [22:0] term_15;

  wire [17:0] n1 = -{1'b0, value_4, 1'b0};
  wire [17:0] n2 = {2'd0, term_0} + {term_1[16], term_1};
  wire [18:0] n3 = {term_2[17], term_2} + {term_3[17], term_3};
  wire [19:0] n4 = {{2{n2[17]}}, n2} + {n3[18], n3};
  wire [19:0] n5 = {term_4[18], term_4} + {term_5[18], term_5};
  wire [20:0] n6 = {term_6[19], term_6} + {term_7[19], term_7};
  wire [21:0] n7 = {{2{n5[19]}}, n5} + {n6[20], n6};
  wire [22:0] n8 = {{3{n4[19]}}, n4} + {n7[21], n7};
  wire [21:0] n9 = {{2{term_8[19]}}, term_8} + {2'd0, term_9};
  wire [22:0] n10 = {{2{term_10[20]}}, term_10} + {term_11[21], term_11};
  wire [23:0] n11 = ({{2{term_12[21]}}, term_12} + {term_13[22], term_13}) + ({term_14[22], term_14}
      + {term_15[22], term_15});
  wire [23:0] n12 = {n8[22], n8} + (({{2{n9[21]}}, n9} + {n10[22], n10}) + n11);

  assign total = (output_index < 4'd9) ? n12 : 24'd0;

  always @* begin
    destination_0 = 3'd0;
    term_0 = 16'd0;
    destination_1 = 3'd0;
    term_1 = 17'd0;
    destination_2 = 3'd0;
    term_2 = 18'd0;
    destination_3 = 3'd0;
    term_3 = 18'd0;
    destination_4 = 3'd0;
    term_4 = 19'd0;
    destination_5 = 3'd0;
    term_5 = 19'd0;
    destination_6 = 3'd0;
    term_6 = 20'd0;
    destination_7 = 3'd0;
    term_7 = 20'd0;
    destination_8 = 3'd0;
    term_8 = 20'd0;
    destination_9 = 3'd0;
    term_9 = 20'd0;
    destination_10 = 3'd0;
    term_10 = 21'd0;
    destination_11 = 3'd0;
    term_11 = 22'd0;
    destination_12 = 3'd0;
    term_12 = 22'd0;
    destination_13 = 3'd0;
    term_13 = 23'd0;
    destination_14 = 3'd0;
    term_14 = 23'd0;
    destination_15 = 3'd0;
    term_15 = 23'd0;
    case (output_index)
      4'd2, 4'd3, 4'd4, 4'd5, 4'd6, 4'd7, 4'd8: term_7 = {1'b0, value_7, 3'd0};
      default: ;
    endcase
    case (output_index)
      4'd0: begin
        destination_0 = 3'd0;
        term_7 = -{1'b0, value_7, 3'd0};
        destination_9 = 3'd0;
      end
      4'd1: begin
        destination_0 = 3'd1;
        destination_9 = 3'd1;
      end
      4'd2: begin
        destination_0 = 3'd2;
        destination_9 = 3'd2;
      end
      4'd3: begin
        destination_0 = 3'd3;
        destination_9 = 3'd3;
      end
      4'd4: begin
        destination_0 = 3'd4;
        destination_9 = 3'd4;
      end
      4'd5: begin
        destination_0 = 3'd5;
        destination_9 = 3'd5;
      end
      4'd6: begin
        destination_0 = 3'd6;
        destination_9 = 3'd6;
      end
      4'd7: begin
        destination_0 = 3'd7;
        destination_9 = 3'd7;
      end
      default: ;
    endcase
    case (output_index)
      4'd0, 4'd1, 4'd2, 4'd3, 4'd4, 4'd5, 4'd6, 4'd7: begin
        term_0 = value_0;
        term_9 = {value_9, 4'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd8: begin
        destination_1 = 3'd0;
        term_1 = {1'b0, value_1};
        destination_10 = 3'd0;
        term_10 = {1'b0, value_10, 4'd0};
      end
      4'd0: begin
        destination_1 = 3'd1;
        destination_10 = 3'd1;
      end
      4'd1: begin
        destination_1 = 3'd2;
        destination_10 = 3'd2;
      end
      4'd2: begin
        destination_1 = 3'd3;
        destination_10 = 3'd3;
      end
      4'd3: begin
        destination_1 = 3'd4;
        destination_10 = 3'd4;
      end
      4'd4: begin
        destination_1 = 3'd5;
        destination_10 = 3'd5;
      end
      4'd5: begin
        destination_1 = 3'd6;
        destination_10 = 3'd6;
      end
      4'd6: begin
        destination_1 = 3'd7;
        destination_10 = 3'd7;
      end
      default: ;
    endcase
    case (output_index)
      4'd0, 4'd1, 4'd2, 4'd3, 4'd4, 4'd5, 4'd6: begin
        term_1 = -{1'b0, value_1};
        term_10 = -{1'b0, value_10, 4'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd7: begin
        destination_2 = 3'd0;
        destination_11 = 3'd0;
      end
      4'd8: begin
        destination_2 = 3'd1;
        destination_11 = 3'd1;
      end
      4'd0: begin
        destination_2 = 3'd2;
        destination_11 = 3'd2;
      end
      4'd1: begin
        destination_2 = 3'd3;
        destination_11 = 3'd3;
      end
      4'd2: begin
        destination_2 = 3'd4;
        destination_11 = 3'd4;
      end
      4'd3: begin
        destination_2 = 3'd5;
        destination_11 = 3'd5;
      end
      4'd4: begin
        destination_2 = 3'd6;
        destination_11 = 3'd6;
      end
      4'd5: begin
        destination_2 = 3'd7;
        destination_11 = 3'd7;
      end
      default: ;
    endcase
    case (output_index)
      4'd7, 4'd8: begin
        term_2 = -{2'd0, value_2};
        term_11 = -{2'd0, value_11, 4'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd0, 4'd1, 4'd2, 4'd3, 4'd4, 4'd5: begin
        term_2 = {1'b0, value_2, 1'b0};
        term_11 = {1'b0, value_11, 5'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd6: begin
        destination_3 = 3'd0;
        destination_12 = 3'd0;
      end
      4'd7: begin
        destination_3 = 3'd1;
        destination_12 = 3'd1;
      end
      4'd8: begin
        destination_3 = 3'd2;
        destination_12 = 3'd2;
      end
      4'd0: begin
        destination_3 = 3'd3;
        destination_12 = 3'd3;
      end
      4'd1: begin
        destination_3 = 3'd4;
        destination_12 = 3'd4;
      end
      4'd2: begin
        destination_3 = 3'd5;
        destination_12 = 3'd5;
      end
      4'd3: begin
        destination_3 = 3'd6;
        destination_12 = 3'd6;
      end
      4'd4: begin
        destination_3 = 3'd7;
        destination_12 = 3'd7;
      end
      default: ;
    endcase
    case (output_index)
      4'd6, 4'd7, 4'd8: begin
        term_3 = {1'b0, value_3, 1'b0};
        term_12 = {1'b0, value_12, 5'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd0, 4'd1, 4'd2, 4'd3, 4'd4: begin
        term_3 = -{1'b0, value_3, 1'b0};
        term_12 = -{1'b0, value_12, 5'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd5: begin
        destination_4 = 3'd0;
        destination_13 = 3'd0;
      end
      4'd6: begin
        destination_4 = 3'd1;
        destination_13 = 3'd1;
      end
      4'd7: begin
        destination_4 = 3'd2;
        destination_13 = 3'd2;
      end
      4'd8: begin
        destination_4 = 3'd3;
        destination_13 = 3'd3;
      end
      4'd0: begin
        destination_4 = 3'd4;
        destination_13 = 3'd4;
      end
      4'd1: begin
        destination_4 = 3'd5;
        destination_13 = 3'd5;
      end
      4'd2: begin
        destination_4 = 3'd6;
        destination_13 = 3'd6;
      end
      4'd3: begin
        destination_4 = 3'd7;
        destination_13 = 3'd7;
      end
      default: ;
    endcase
    case (output_index)
      4'd5, 4'd6, 4'd7, 4'd8: begin
        term_4 = {n1[17], n1};
        term_13 = -{2'd0, value_13, 5'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd0, 4'd1, 4'd2, 4'd3: begin
        term_4 = {1'b0, value_4, 2'd0};
        term_13 = {1'b0, value_13, 6'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd4: begin
        destination_5 = 3'd0;
        destination_14 = 3'd0;
      end
      4'd5: begin
        destination_5 = 3'd1;
        destination_14 = 3'd1;
      end
      4'd6: begin
        destination_5 = 3'd2;
        destination_14 = 3'd2;
      end
      4'd7: begin
        destination_5 = 3'd3;
        destination_14 = 3'd3;
      end
      4'd8: begin
        destination_5 = 3'd4;
        destination_14 = 3'd4;
      end
      4'd0: begin
        destination_5 = 3'd5;
        destination_14 = 3'd5;
      end
      4'd1: begin
        destination_5 = 3'd6;
        destination_14 = 3'd6;
      end
      4'd2: begin
        destination_5 = 3'd7;
        destination_14 = 3'd7;
      end
      default: ;
    endcase
    case (output_index)
      4'd4, 4'd5, 4'd6, 4'd7, 4'd8: begin
        term_5 = {1'b0, value_5, 2'd0};
        term_14 = {1'b0, value_14, 6'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd0, 4'd1, 4'd2: begin
        term_5 = -{1'b0, value_5, 2'd0};
        term_14 = -{1'b0, value_14, 6'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd3: begin
        destination_6 = 3'd0;
        destination_15 = 3'd0;
      end
      4'd4: begin
        destination_6 = 3'd1;
        destination_15 = 3'd1;
      end
      4'd5: begin
        destination_6 = 3'd2;
        destination_15 = 3'd2;
      end
      4'd6: begin
        destination_6 = 3'd3;
        destination_15 = 3'd3;
      end
      4'd7: begin
        destination_6 = 3'd4;
        destination_15 = 3'd4;
      end
      4'd8: begin
        destination_6 = 3'd5;
        destination_15 = 3'd5;
      end
      4'd0: destination_6 = 3'd6;
      4'd1: destination_6 = 3'd7;
      default: ;
    endcase
    case (output_index)
      4'd3, 4'd4, 4'd5, 4'd6, 4'd7, 4'd8: begin
        term_6 = -{2'd0, value_6, 2'd0};
        term_15 = -{1'b0, value_15, 6'd0};
      end
      default: ;
    endcase
    case (output_index)
      4'd0, 4'd1: term_6 = {1'b0, value_6, 3'd0};
      default: ;
    endcase
    case (output_index)
      4'd2: destination_7 = 3'd0;
      4'd3: destination_7 = 3'd1;
      4'd4: destination_7 = 3'd2;
      4'd5: destination_7 = 3'd3;
      4'd6: destination_7 = 3'd4;
      4'd7: destination_7 = 3'd5;
      4'd8: destination_7 = 3'd6;
      4'd0: destination_7 = 3'd7;
      default: ;
    endcase
    case (output_index)
      4'd1: destination_8 = 3'd0;
      4'd2: destination_8 = 3'd1;
      4'd3: destination_8 = 3'd2;
      4'd4: destination_8 = 3'd3;
      4'd5: destination_8 = 3'd4;
      4'd6: destination_8 = 3'd5;
      4'd7: destination_8 = 3'd6;
      4'd8: destination_8 = 3'd7;
      default: ;
    endcase
    case (output_index)
      4'd1, 4'd2, 4'd3, 4'd4, 4'd5, 4'd6, 4'd7, 4'd8: term_8 = -{1'b0, value_8, 3'd0};
      default: ;
    endcase
  end

endmodule
