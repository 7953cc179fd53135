// baseline_active_rows: Add up the digits on the word lines.
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

module baseline_active_rows (
    input  wire         clk,
    input  wire         rst,
    input  wire [127:0] drive,
    output reg  [7:0]   total
);

  wire [1:0] n1 = drive[0] + drive[1];
  wire [1:0] n2 = drive[2] + drive[3];
  wire [2:0] n3 = n1 + n2;
  wire [1:0] n4 = drive[4] + drive[5];
  wire [1:0] n5 = drive[6] + drive[7];
  wire [2:0] n6 = n4 + n5;
  wire [3:0] n7 = n3 + n6;
  wire [1:0] n8 = drive[8] + drive[9];
  wire [1:0] n9 = drive[10] + drive[11];
  wire [2:0] n10 = n8 + n9;
  wire [1:0] n11 = drive[12] + drive[13];
  wire [1:0] n12 = drive[14] + drive[15];
  wire [2:0] n13 = n11 + n12;
  wire [3:0] n14 = n10 + n13;
  wire [4:0] n15 = n7 + n14;
  wire [1:0] n16 = drive[16] + drive[17];
  wire [1:0] n17 = drive[18] + drive[19];
  wire [2:0] n18 = n16 + n17;
  wire [1:0] n19 = drive[20] + drive[21];
  wire [1:0] n20 = drive[22] + drive[23];
  wire [2:0] n21 = n19 + n20;
  wire [3:0] n22 = n18 + n21;
  wire [1:0] n23 = drive[24] + drive[25];
  wire [1:0] n24 = drive[26] + drive[27];
  wire [2:0] n25 = n23 + n24;
  wire [1:0] n26 = drive[28] + drive[29];
  wire [1:0] n27 = drive[30] + drive[31];
  wire [2:0] n28 = n26 + n27;
  wire [3:0] n29 = n25 + n28;
  wire [4:0] n30 = n22 + n29;
  wire [5:0] n31 = n15 + n30;
  wire [1:0] n32 = drive[32] + drive[33];
  wire [1:0] n33 = drive[34] + drive[35];
  wire [2:0] n34 = n32 + n33;
  wire [1:0] n35 = drive[36] + drive[37];
  wire [1:0] n36 = drive[38] + drive[39];
  wire [2:0] n37 = n35 + n36;
  wire [3:0] n38 = n34 + n37;
  wire [1:0] n39 = drive[40] + drive[41];
  wire [1:0] n40 = drive[42] + drive[43];
  wire [2:0] n41 = n39 + n40;
  wire [1:0] n42 = drive[44] + drive[45];
  wire [1:0] n43 = drive[46] + drive[47];
  wire [2:0] n44 = n42 + n43;
  wire [3:0] n45 = n41 + n44;
  wire [4:0] n46 = n38 + n45;
  wire [1:0] n47 = drive[48] + drive[49];
  wire [1:0] n48 = drive[50] + drive[51];
  wire [2:0] n49 = n47 + n48;
  wire [1:0] n50 = drive[52] + drive[53];
  wire [1:0] n51 = drive[54] + drive[55];
  wire [2:0] n52 = n50 + n51;
  wire [3:0] n53 = n49 + n52;
  wire [1:0] n54 = drive[56] + drive[57];
  wire [1:0] n55 = drive[58] + drive[59];
  wire [2:0] n56 = n54 + n55;
  wire [1:0] n57 = drive[60] + drive[61];
  wire [1:0] n58 = drive[62] + drive[63];
  wire [2:0] n59 = n57 + n58;
  wire [3:0] n60 = n56 + n59;
  wire [4:0] n61 = n53 + n60;
  wire [5:0] n62 = n46 + n61;
  wire [6:0] n63 = n31 + n62;
  wire [1:0] n64 = drive[64] + drive[65];
  wire [1:0] n65 = drive[66] + drive[67];
  wire [2:0] n66 = n64 + n65;
  wire [1:0] n67 = drive[68] + drive[69];
  wire [1:0] n68 = drive[70] + drive[71];
  wire [2:0] n69 = n67 + n68;
  wire [3:0] n70 = n66 + n69;
  wire [1:0] n71 = drive[72] + drive[73];
  wire [1:0] n72 = drive[74] + drive[75];
  wire [2:0] n73 = n71 + n72;
  wire [1:0] n74 = drive[76] + drive[77];
  wire [1:0] n75 = drive[78] + drive[79];
  wire [2:0] n76 = n74 + n75;
  wire [3:0] n77 = n73 + n76;
  wire [4:0] n78 = n70 + n77;
  wire [1:0] n79 = drive[80] + drive[81];
  wire [1:0] n80 = drive[82] + drive[83];
  wire [2:0] n81 = n79 + n80;
  wire [1:0] n82 = drive[84] + drive[85];
  wire [1:0] n83 = drive[86] + drive[87];
  wire [2:0] n84 = n82 + n83;
  wire [3:0] n85 = n81 + n84;
  wire [1:0] n86 = drive[88] + drive[89];
  wire [1:0] n87 = drive[90] + drive[91];
  wire [2:0] n88 = n86 + n87;
  wire [1:0] n89 = drive[92] + drive[93];
  wire [1:0] n90 = drive[94] + drive[95];
  wire [2:0] n91 = n89 + n90;
  wire [3:0] n92 = n88 + n91;
  wire [4:0] n93 = n85 + n92;
  wire [5:0] n94 = n78 + n93;
  wire [1:0] n95 = drive[96] + drive[97];
  wire [1:0] n96 = drive[98] + drive[99];
  wire [2:0] n97 = n95 + n96;
  wire [1:0] n98 = drive[100] + drive[101];
  wire [1:0] n99 = drive[102] + drive[103];
  wire [2:0] n100 = n98 + n99;
  wire [3:0] n101 = n97 + n100;
  wire [1:0] n102 = drive[104] + drive[105];
  wire [1:0] n103 = drive[106] + drive[107];
  wire [2:0] n104 = n102 + n103;
  wire [1:0] n105 = drive[108] + drive[109];
  wire [1:0] n106 = drive[110] + drive[111];
  wire [2:0] n107 = n105 + n106;
  wire [3:0] n108 = n104 + n107;
  wire [4:0] n109 = n101 + n108;
  wire [1:0] n110 = drive[112] + drive[113];
  wire [1:0] n111 = drive[114] + drive[115];
  wire [2:0] n112 = n110 + n111;
  wire [1:0] n113 = drive[116] + drive[117];
  wire [1:0] n114 = drive[118] + drive[119];
  wire [2:0] n115 = n113 + n114;
  wire [3:0] n116 = n112 + n115;
  wire [1:0] n117 = drive[120] + drive[121];
  wire [1:0] n118 = drive[122] + drive[123];
  wire [2:0] n119 = n117 + n118;
  wire [1:0] n120 = drive[124] + drive[125];
  wire [1:0] n121 = drive[126] + drive[127];
  wire [2:0] n122 = n120 + n121;
  wire [3:0] n123 = n119 + n122;
  wire [4:0] n124 = n116 + n123;
  wire [5:0] n125 = n109 + n124;
  wire [6:0] n126 = n94 + n125;

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      total <= 8'd0;
    end else begin
      total <= n63 + n126;
    end
  end

endmodule
