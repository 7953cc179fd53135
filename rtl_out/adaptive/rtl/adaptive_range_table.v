// adaptive_range_table: APB slave for what depends on the network: outputs in use, search tables.
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

module adaptive_range_table (
    input  wire         clk,
    input  wire         rst,
    input  wire [7:0]   paddr,
    input  wire         psel,
    input  wire         penable,
    input  wire         pwrite,
    input  wire [31:0]  pwdata,
    output reg  [31:0]  prdata,
    output wire         pready,
    output wire         pslverr,
    input  wire         idle,
    input  wire         boundary,
    output reg  [3:0]   outputs_used,
    output wire [223:0] plan
);

  reg known;
  reg pending;
  reg refused;
  reg commit;
  reg [3:0] shadow_outputs_outputs;
  reg [2:0] chosen;
  reg [3:0] shadow_slice_0_range_0_payload;
  reg [3:0] shadow_slice_1_range_0_payload;
  reg [3:0] shadow_slice_2_range_0_payload;
  reg [3:0] shadow_slice_3_range_0_payload;
  reg [3:0] shadow_slice_4_range_0_payload;
  reg [3:0] shadow_slice_5_range_0_payload;
  reg [3:0] shadow_slice_6_range_0_payload;
  reg [3:0] shadow_slice_0_range_0_truncation;
  reg [3:0] shadow_slice_1_range_0_truncation;
  reg [3:0] shadow_slice_2_range_0_truncation;
  reg [3:0] shadow_slice_3_range_0_truncation;
  reg [3:0] shadow_slice_4_range_0_truncation;
  reg [3:0] shadow_slice_5_range_0_truncation;
  reg [3:0] shadow_slice_6_range_0_truncation;
  reg [3:0] shadow_slice_0_range_1_payload;
  reg [3:0] shadow_slice_1_range_1_payload;
  reg [3:0] shadow_slice_2_range_1_payload;
  reg [3:0] shadow_slice_3_range_1_payload;
  reg [3:0] shadow_slice_4_range_1_payload;
  reg [3:0] shadow_slice_5_range_1_payload;
  reg [3:0] shadow_slice_6_range_1_payload;
  reg [3:0] shadow_slice_0_range_1_truncation;
  reg [3:0] shadow_slice_1_range_1_truncation;
  reg [3:0] shadow_slice_2_range_1_truncation;
  reg [3:0] shadow_slice_3_range_1_truncation;
  reg [3:0] shadow_slice_4_range_1_truncation;
  reg [3:0] shadow_slice_5_range_1_truncation;
  reg [3:0] shadow_slice_6_range_1_truncation;
  reg [3:0] shadow_slice_0_range_2_payload;
  reg [3:0] shadow_slice_1_range_2_payload;
  reg [3:0] shadow_slice_2_range_2_payload;
  reg [3:0] shadow_slice_3_range_2_payload;
  reg [3:0] shadow_slice_4_range_2_payload;
  reg [3:0] shadow_slice_5_range_2_payload;
  reg [3:0] shadow_slice_6_range_2_payload;
  reg [3:0] shadow_slice_0_range_2_truncation;
  reg [3:0] shadow_slice_1_range_2_truncation;
  reg [3:0] shadow_slice_2_range_2_truncation;
  reg [3:0] shadow_slice_3_range_2_truncation;
  reg [3:0] shadow_slice_4_range_2_truncation;
  reg [3:0] shadow_slice_5_range_2_truncation;
  reg [3:0] shadow_slice_6_range_2_truncation;
  reg [3:0] shadow_slice_0_range_3_payload;
  reg [3:0] shadow_slice_1_range_3_payload;
  reg [3:0] shadow_slice_2_range_3_payload;
  reg [3:0] shadow_slice_3_range_3_payload;
  reg [3:0] shadow_slice_4_range_3_payload;
  reg [3:0] shadow_slice_5_range_3_payload;
  reg [3:0] shadow_slice_6_range_3_payload;
  reg [3:0] shadow_slice_0_range_3_truncation;
  reg [3:0] shadow_slice_1_range_3_truncation;
  reg [3:0] shadow_slice_2_range_3_truncation;
  reg [3:0] shadow_slice_3_range_3_truncation;
  reg [3:0] shadow_slice_4_range_3_truncation;
  reg [3:0] shadow_slice_5_range_3_truncation;
  reg [3:0] shadow_slice_6_range_3_truncation;
  reg [4:0] step;
  reg [7:0] edge_;
  reg covered;
  reg [3:0] active_slice_0_range_0_payload;
  reg [3:0] active_slice_0_range_0_truncation;
  reg [3:0] active_slice_0_range_1_payload;
  reg [3:0] active_slice_0_range_1_truncation;
  reg [3:0] active_slice_0_range_2_payload;
  reg [3:0] active_slice_0_range_2_truncation;
  reg [3:0] active_slice_0_range_3_payload;
  reg [3:0] active_slice_0_range_3_truncation;
  reg [3:0] active_slice_1_range_0_payload;
  reg [3:0] active_slice_1_range_0_truncation;
  reg [3:0] active_slice_1_range_1_payload;
  reg [3:0] active_slice_1_range_1_truncation;
  reg [3:0] active_slice_1_range_2_payload;
  reg [3:0] active_slice_1_range_2_truncation;
  reg [3:0] active_slice_1_range_3_payload;
  reg [3:0] active_slice_1_range_3_truncation;
  reg [3:0] active_slice_2_range_0_payload;
  reg [3:0] active_slice_2_range_0_truncation;
  reg [3:0] active_slice_2_range_1_payload;
  reg [3:0] active_slice_2_range_1_truncation;
  reg [3:0] active_slice_2_range_2_payload;
  reg [3:0] active_slice_2_range_2_truncation;
  reg [3:0] active_slice_2_range_3_payload;
  reg [3:0] active_slice_2_range_3_truncation;
  reg [3:0] active_slice_3_range_0_payload;
  reg [3:0] active_slice_3_range_0_truncation;
  reg [3:0] active_slice_3_range_1_payload;
  reg [3:0] active_slice_3_range_1_truncation;
  reg [3:0] active_slice_3_range_2_payload;
  reg [3:0] active_slice_3_range_2_truncation;
  reg [3:0] active_slice_3_range_3_payload;
  reg [3:0] active_slice_3_range_3_truncation;
  reg [3:0] active_slice_4_range_0_payload;
  reg [3:0] active_slice_4_range_0_truncation;
  reg [3:0] active_slice_4_range_1_payload;
  reg [3:0] active_slice_4_range_1_truncation;
  reg [3:0] active_slice_4_range_2_payload;
  reg [3:0] active_slice_4_range_2_truncation;
  reg [3:0] active_slice_4_range_3_payload;
  reg [3:0] active_slice_4_range_3_truncation;
  reg [3:0] active_slice_5_range_0_payload;
  reg [3:0] active_slice_5_range_0_truncation;
  reg [3:0] active_slice_5_range_1_payload;
  reg [3:0] active_slice_5_range_1_truncation;
  reg [3:0] active_slice_5_range_2_payload;
  reg [3:0] active_slice_5_range_2_truncation;
  reg [3:0] active_slice_5_range_3_payload;
  reg [3:0] active_slice_5_range_3_truncation;
  reg [3:0] active_slice_6_range_0_payload;
  reg [3:0] active_slice_6_range_0_truncation;
  reg [3:0] active_slice_6_range_1_payload;
  reg [3:0] active_slice_6_range_1_truncation;
  reg [3:0] active_slice_6_range_2_payload;
  reg [3:0] active_slice_6_range_2_truncation;
  reg [3:0] active_slice_6_range_3_payload;
  reg [3:0] active_slice_6_range_3_truncation;
  reg checked;
  reg [3:0] n9;
  reg [3:0] n10;

  wire access = psel & penable;
  wire write = access & pwrite;
  wire [4:0] n1 = step - 5'd1;
  wire n2 = |{step == 5'h19, step == 5'h15, step == 5'h11, step == 5'hd, step == 5'd9, step == 5'd5,
      step == 5'd1};
  wire n3 = |{step == 5'h1c, step == 5'h18, step == 5'h14, step == 5'h10, step == 5'hc, step ==
      5'd8, step == 5'd4};
  wire opens = (step == 5'd0) ? 1'b0 : n2;
  wire [3:0] checked_payload = (step == 5'd0) ? 4'd8 : n9;
  wire [3:0] checked_truncation = (step == 5'd0) ? 4'd0 : n10;
  wire [7:0] inside_ = (step == 5'd0) ? 8'd0 : {checked_payload > 4'd7, checked_payload > 4'd6,
      checked_payload > 4'd5, checked_payload > 4'd4, checked_payload > 4'd3, checked_payload >
      4'd2, checked_payload > 4'd1, checked_payload > 4'd0};
  wire [7:0] before_ = (step == 5'd0) ? 8'd0 : opens ? 8'd0 : edge_;
  wire [7:0] n4 = before_ | inside_;
  wire done = (step == 5'd0) ? 1'b0 : covered & ~opens;
  wire [7:0] cut = (step == 5'd0) ? 8'd0 : {checked_truncation > 4'd7, checked_truncation > 4'd6,
      checked_truncation > 4'd5, checked_truncation > 4'd4, checked_truncation > 4'd3,
      checked_truncation > 4'd2, checked_truncation > 4'd1, checked_truncation > 4'd0};
  wire closes = (step == 5'd0) ? 1'b0 : n3;
  wire holds = (step == 5'd0) ? 1'b0 : done | (n4 >= 8'hff);
  wire n5 = ((before_ & cut) == 8'd0) & (checked_truncation <= checked_payload) & (checked_payload
      <= 4'd8) & (holds | ~closes);
  wire [3:0] n6 = (|pwdata[7:4]) ? 4'hf : pwdata[3:0];
  wire [3:0] n7 = (|pwdata[31:12]) ? 4'hf : pwdata[11:8];
  wire legal = (step == 5'd0) ? (shadow_outputs_outputs != 4'd0) & (shadow_outputs_outputs <= 4'd9)
      : done | n5;
  wire n8 = pending & checked & boundary;

  assign pslverr = access & ~known;
  assign pready = 1'b1;
  assign plan = {active_slice_6_range_3_truncation, active_slice_6_range_3_payload,
      active_slice_6_range_2_truncation, active_slice_6_range_2_payload,
      active_slice_6_range_1_truncation, active_slice_6_range_1_payload,
      active_slice_6_range_0_truncation, active_slice_6_range_0_payload,
      active_slice_5_range_3_truncation, active_slice_5_range_3_payload,
      active_slice_5_range_2_truncation, active_slice_5_range_2_payload,
      active_slice_5_range_1_truncation, active_slice_5_range_1_payload,
      active_slice_5_range_0_truncation, active_slice_5_range_0_payload,
      active_slice_4_range_3_truncation, active_slice_4_range_3_payload,
      active_slice_4_range_2_truncation, active_slice_4_range_2_payload,
      active_slice_4_range_1_truncation, active_slice_4_range_1_payload,
      active_slice_4_range_0_truncation, active_slice_4_range_0_payload,
      active_slice_3_range_3_truncation, active_slice_3_range_3_payload,
      active_slice_3_range_2_truncation, active_slice_3_range_2_payload,
      active_slice_3_range_1_truncation, active_slice_3_range_1_payload,
      active_slice_3_range_0_truncation, active_slice_3_range_0_payload,
      active_slice_2_range_3_truncation, active_slice_2_range_3_payload,
      active_slice_2_range_2_truncation, active_slice_2_range_2_payload,
      active_slice_2_range_1_truncation, active_slice_2_range_1_payload,
      active_slice_2_range_0_truncation, active_slice_2_range_0_payload,
      active_slice_1_range_3_truncation, active_slice_1_range_3_payload,
      active_slice_1_range_2_truncation, active_slice_1_range_2_payload,
      active_slice_1_range_1_truncation, active_slice_1_range_1_payload,
      active_slice_1_range_0_truncation, active_slice_1_range_0_payload,
      active_slice_0_range_3_truncation, active_slice_0_range_3_payload,
      active_slice_0_range_2_truncation, active_slice_0_range_2_payload,
      active_slice_0_range_1_truncation, active_slice_0_range_1_payload,
      active_slice_0_range_0_truncation, active_slice_0_range_0_payload};

  always @* begin
    n9 = 4'd0;
    n10 = 4'd0;
    case (n1)
      5'd0: begin
        n9 = shadow_slice_0_range_0_payload;
        n10 = shadow_slice_0_range_0_truncation;
      end
      5'd1: begin
        n9 = shadow_slice_0_range_1_payload;
        n10 = shadow_slice_0_range_1_truncation;
      end
      5'd2: begin
        n9 = shadow_slice_0_range_2_payload;
        n10 = shadow_slice_0_range_2_truncation;
      end
      5'd3: begin
        n9 = shadow_slice_0_range_3_payload;
        n10 = shadow_slice_0_range_3_truncation;
      end
      5'd4: begin
        n9 = shadow_slice_1_range_0_payload;
        n10 = shadow_slice_1_range_0_truncation;
      end
      5'd5: begin
        n9 = shadow_slice_1_range_1_payload;
        n10 = shadow_slice_1_range_1_truncation;
      end
      5'd6: begin
        n9 = shadow_slice_1_range_2_payload;
        n10 = shadow_slice_1_range_2_truncation;
      end
      5'd7: begin
        n9 = shadow_slice_1_range_3_payload;
        n10 = shadow_slice_1_range_3_truncation;
      end
      5'd8: begin
        n9 = shadow_slice_2_range_0_payload;
        n10 = shadow_slice_2_range_0_truncation;
      end
      5'd9: begin
        n9 = shadow_slice_2_range_1_payload;
        n10 = shadow_slice_2_range_1_truncation;
      end
      5'ha: begin
        n9 = shadow_slice_2_range_2_payload;
        n10 = shadow_slice_2_range_2_truncation;
      end
      5'hb: begin
        n9 = shadow_slice_2_range_3_payload;
        n10 = shadow_slice_2_range_3_truncation;
      end
      5'hc: begin
        n9 = shadow_slice_3_range_0_payload;
        n10 = shadow_slice_3_range_0_truncation;
      end
      5'hd: begin
        n9 = shadow_slice_3_range_1_payload;
        n10 = shadow_slice_3_range_1_truncation;
      end
      5'he: begin
        n9 = shadow_slice_3_range_2_payload;
        n10 = shadow_slice_3_range_2_truncation;
      end
      5'hf: begin
        n9 = shadow_slice_3_range_3_payload;
        n10 = shadow_slice_3_range_3_truncation;
      end
      5'h10: begin
        n9 = shadow_slice_4_range_0_payload;
        n10 = shadow_slice_4_range_0_truncation;
      end
      5'h11: begin
        n9 = shadow_slice_4_range_1_payload;
        n10 = shadow_slice_4_range_1_truncation;
      end
      5'h12: begin
        n9 = shadow_slice_4_range_2_payload;
        n10 = shadow_slice_4_range_2_truncation;
      end
      5'h13: begin
        n9 = shadow_slice_4_range_3_payload;
        n10 = shadow_slice_4_range_3_truncation;
      end
      5'h14: begin
        n9 = shadow_slice_5_range_0_payload;
        n10 = shadow_slice_5_range_0_truncation;
      end
      5'h15: begin
        n9 = shadow_slice_5_range_1_payload;
        n10 = shadow_slice_5_range_1_truncation;
      end
      5'h16: begin
        n9 = shadow_slice_5_range_2_payload;
        n10 = shadow_slice_5_range_2_truncation;
      end
      5'h17: begin
        n9 = shadow_slice_5_range_3_payload;
        n10 = shadow_slice_5_range_3_truncation;
      end
      5'h18: begin
        n9 = shadow_slice_6_range_0_payload;
        n10 = shadow_slice_6_range_0_truncation;
      end
      5'h19: begin
        n9 = shadow_slice_6_range_1_payload;
        n10 = shadow_slice_6_range_1_truncation;
      end
      5'h1a: begin
        n9 = shadow_slice_6_range_2_payload;
        n10 = shadow_slice_6_range_2_truncation;
      end
      5'h1b: begin
        n9 = shadow_slice_6_range_3_payload;
        n10 = shadow_slice_6_range_3_truncation;
      end
      default: ;
    endcase
  end

  always @* begin
    known = 1'b0;
    prdata = 32'd0;
    commit = 1'b0;
    case (paddr)
      8'd0: begin
        known = ~pwrite;
        prdata = 32'h48574731;
      end
      8'd4: begin
        known = ~pwrite;
        prdata[0] = pending;
        prdata[1] = refused;
        prdata[2] = idle;
      end
      8'd8: begin
        known = pwrite & ~pending;
        commit = write & ~pending;
      end
      8'hc: begin
        known = ~pwrite | ~pending;
        prdata[3:0] = shadow_outputs_outputs;
      end
      8'h10: begin
        known = ~pwrite | ~pending;
        prdata[2:0] = chosen;
      end
      8'h20: begin
        known = ~pwrite | ~pending;
        if (chosen == 3'd0) prdata[3:0] = shadow_slice_0_range_0_payload;
        if (chosen == 3'd1) prdata[3:0] = shadow_slice_1_range_0_payload;
        if (chosen == 3'd2) prdata[3:0] = shadow_slice_2_range_0_payload;
        if (chosen == 3'd3) prdata[3:0] = shadow_slice_3_range_0_payload;
        if (chosen == 3'd4) prdata[3:0] = shadow_slice_4_range_0_payload;
        if (chosen == 3'd5) prdata[3:0] = shadow_slice_5_range_0_payload;
        if (chosen == 3'd6) prdata[3:0] = shadow_slice_6_range_0_payload;
        if (chosen == 3'd0) prdata[11:8] = shadow_slice_0_range_0_truncation;
        if (chosen == 3'd1) prdata[11:8] = shadow_slice_1_range_0_truncation;
        if (chosen == 3'd2) prdata[11:8] = shadow_slice_2_range_0_truncation;
        if (chosen == 3'd3) prdata[11:8] = shadow_slice_3_range_0_truncation;
        if (chosen == 3'd4) prdata[11:8] = shadow_slice_4_range_0_truncation;
        if (chosen == 3'd5) prdata[11:8] = shadow_slice_5_range_0_truncation;
        if (chosen == 3'd6) prdata[11:8] = shadow_slice_6_range_0_truncation;
      end
      8'h24: begin
        known = ~pwrite | ~pending;
        if (chosen == 3'd0) prdata[3:0] = shadow_slice_0_range_1_payload;
        if (chosen == 3'd1) prdata[3:0] = shadow_slice_1_range_1_payload;
        if (chosen == 3'd2) prdata[3:0] = shadow_slice_2_range_1_payload;
        if (chosen == 3'd3) prdata[3:0] = shadow_slice_3_range_1_payload;
        if (chosen == 3'd4) prdata[3:0] = shadow_slice_4_range_1_payload;
        if (chosen == 3'd5) prdata[3:0] = shadow_slice_5_range_1_payload;
        if (chosen == 3'd6) prdata[3:0] = shadow_slice_6_range_1_payload;
        if (chosen == 3'd0) prdata[11:8] = shadow_slice_0_range_1_truncation;
        if (chosen == 3'd1) prdata[11:8] = shadow_slice_1_range_1_truncation;
        if (chosen == 3'd2) prdata[11:8] = shadow_slice_2_range_1_truncation;
        if (chosen == 3'd3) prdata[11:8] = shadow_slice_3_range_1_truncation;
        if (chosen == 3'd4) prdata[11:8] = shadow_slice_4_range_1_truncation;
        if (chosen == 3'd5) prdata[11:8] = shadow_slice_5_range_1_truncation;
        if (chosen == 3'd6) prdata[11:8] = shadow_slice_6_range_1_truncation;
      end
      8'h28: begin
        known = ~pwrite | ~pending;
        if (chosen == 3'd0) prdata[3:0] = shadow_slice_0_range_2_payload;
        if (chosen == 3'd1) prdata[3:0] = shadow_slice_1_range_2_payload;
        if (chosen == 3'd2) prdata[3:0] = shadow_slice_2_range_2_payload;
        if (chosen == 3'd3) prdata[3:0] = shadow_slice_3_range_2_payload;
        if (chosen == 3'd4) prdata[3:0] = shadow_slice_4_range_2_payload;
        if (chosen == 3'd5) prdata[3:0] = shadow_slice_5_range_2_payload;
        if (chosen == 3'd6) prdata[3:0] = shadow_slice_6_range_2_payload;
        if (chosen == 3'd0) prdata[11:8] = shadow_slice_0_range_2_truncation;
        if (chosen == 3'd1) prdata[11:8] = shadow_slice_1_range_2_truncation;
        if (chosen == 3'd2) prdata[11:8] = shadow_slice_2_range_2_truncation;
        if (chosen == 3'd3) prdata[11:8] = shadow_slice_3_range_2_truncation;
        if (chosen == 3'd4) prdata[11:8] = shadow_slice_4_range_2_truncation;
        if (chosen == 3'd5) prdata[11:8] = shadow_slice_5_range_2_truncation;
        if (chosen == 3'd6) prdata[11:8] = shadow_slice_6_range_2_truncation;
      end
      8'h2c: begin
        known = ~pwrite | ~pending;
        if (chosen == 3'd0) prdata[3:0] = shadow_slice_0_range_3_payload;
        if (chosen == 3'd1) prdata[3:0] = shadow_slice_1_range_3_payload;
        if (chosen == 3'd2) prdata[3:0] = shadow_slice_2_range_3_payload;
        if (chosen == 3'd3) prdata[3:0] = shadow_slice_3_range_3_payload;
        if (chosen == 3'd4) prdata[3:0] = shadow_slice_4_range_3_payload;
        if (chosen == 3'd5) prdata[3:0] = shadow_slice_5_range_3_payload;
        if (chosen == 3'd6) prdata[3:0] = shadow_slice_6_range_3_payload;
        if (chosen == 3'd0) prdata[11:8] = shadow_slice_0_range_3_truncation;
        if (chosen == 3'd1) prdata[11:8] = shadow_slice_1_range_3_truncation;
        if (chosen == 3'd2) prdata[11:8] = shadow_slice_2_range_3_truncation;
        if (chosen == 3'd3) prdata[11:8] = shadow_slice_3_range_3_truncation;
        if (chosen == 3'd4) prdata[11:8] = shadow_slice_4_range_3_truncation;
        if (chosen == 3'd5) prdata[11:8] = shadow_slice_5_range_3_truncation;
        if (chosen == 3'd6) prdata[11:8] = shadow_slice_6_range_3_truncation;
      end
      default: ;
    endcase
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      shadow_outputs_outputs <= 4'd9;
      chosen <= 3'd0;
      shadow_slice_0_range_0_payload <= 4'd8;
      shadow_slice_1_range_0_payload <= 4'd8;
      shadow_slice_2_range_0_payload <= 4'd8;
      shadow_slice_3_range_0_payload <= 4'd8;
      shadow_slice_4_range_0_payload <= 4'd8;
      shadow_slice_5_range_0_payload <= 4'd8;
      shadow_slice_6_range_0_payload <= 4'd8;
      shadow_slice_0_range_0_truncation <= 4'd0;
      shadow_slice_1_range_0_truncation <= 4'd0;
      shadow_slice_2_range_0_truncation <= 4'd0;
      shadow_slice_3_range_0_truncation <= 4'd0;
      shadow_slice_4_range_0_truncation <= 4'd0;
      shadow_slice_5_range_0_truncation <= 4'd0;
      shadow_slice_6_range_0_truncation <= 4'd0;
      shadow_slice_0_range_1_payload <= 4'd8;
      shadow_slice_1_range_1_payload <= 4'd8;
      shadow_slice_2_range_1_payload <= 4'd8;
      shadow_slice_3_range_1_payload <= 4'd8;
      shadow_slice_4_range_1_payload <= 4'd8;
      shadow_slice_5_range_1_payload <= 4'd8;
      shadow_slice_6_range_1_payload <= 4'd8;
      shadow_slice_0_range_1_truncation <= 4'd0;
      shadow_slice_1_range_1_truncation <= 4'd0;
      shadow_slice_2_range_1_truncation <= 4'd0;
      shadow_slice_3_range_1_truncation <= 4'd0;
      shadow_slice_4_range_1_truncation <= 4'd0;
      shadow_slice_5_range_1_truncation <= 4'd0;
      shadow_slice_6_range_1_truncation <= 4'd0;
      shadow_slice_0_range_2_payload <= 4'd8;
      shadow_slice_1_range_2_payload <= 4'd8;
      shadow_slice_2_range_2_payload <= 4'd8;
      shadow_slice_3_range_2_payload <= 4'd8;
      shadow_slice_4_range_2_payload <= 4'd8;
      shadow_slice_5_range_2_payload <= 4'd8;
      shadow_slice_6_range_2_payload <= 4'd8;
      shadow_slice_0_range_2_truncation <= 4'd0;
      shadow_slice_1_range_2_truncation <= 4'd0;
      shadow_slice_2_range_2_truncation <= 4'd0;
      shadow_slice_3_range_2_truncation <= 4'd0;
      shadow_slice_4_range_2_truncation <= 4'd0;
      shadow_slice_5_range_2_truncation <= 4'd0;
      shadow_slice_6_range_2_truncation <= 4'd0;
      shadow_slice_0_range_3_payload <= 4'd8;
      shadow_slice_1_range_3_payload <= 4'd8;
      shadow_slice_2_range_3_payload <= 4'd8;
      shadow_slice_3_range_3_payload <= 4'd8;
      shadow_slice_4_range_3_payload <= 4'd8;
      shadow_slice_5_range_3_payload <= 4'd8;
      shadow_slice_6_range_3_payload <= 4'd8;
      shadow_slice_0_range_3_truncation <= 4'd0;
      shadow_slice_1_range_3_truncation <= 4'd0;
      shadow_slice_2_range_3_truncation <= 4'd0;
      shadow_slice_3_range_3_truncation <= 4'd0;
      shadow_slice_4_range_3_truncation <= 4'd0;
      shadow_slice_5_range_3_truncation <= 4'd0;
      shadow_slice_6_range_3_truncation <= 4'd0;
      edge_ <= 8'd0;
      covered <= 1'b0;
      step <= 5'd0;
      pending <= 1'b0;
      refused <= 1'b0;
      checked <= 1'b0;
      outputs_used <= 4'd9;
      active_slice_0_range_0_payload <= 4'd8;
      active_slice_1_range_0_payload <= 4'd8;
      active_slice_2_range_0_payload <= 4'd8;
      active_slice_3_range_0_payload <= 4'd8;
      active_slice_4_range_0_payload <= 4'd8;
      active_slice_5_range_0_payload <= 4'd8;
      active_slice_6_range_0_payload <= 4'd8;
      active_slice_0_range_0_truncation <= 4'd0;
      active_slice_1_range_0_truncation <= 4'd0;
      active_slice_2_range_0_truncation <= 4'd0;
      active_slice_3_range_0_truncation <= 4'd0;
      active_slice_4_range_0_truncation <= 4'd0;
      active_slice_5_range_0_truncation <= 4'd0;
      active_slice_6_range_0_truncation <= 4'd0;
      active_slice_0_range_1_payload <= 4'd8;
      active_slice_1_range_1_payload <= 4'd8;
      active_slice_2_range_1_payload <= 4'd8;
      active_slice_3_range_1_payload <= 4'd8;
      active_slice_4_range_1_payload <= 4'd8;
      active_slice_5_range_1_payload <= 4'd8;
      active_slice_6_range_1_payload <= 4'd8;
      active_slice_0_range_1_truncation <= 4'd0;
      active_slice_1_range_1_truncation <= 4'd0;
      active_slice_2_range_1_truncation <= 4'd0;
      active_slice_3_range_1_truncation <= 4'd0;
      active_slice_4_range_1_truncation <= 4'd0;
      active_slice_5_range_1_truncation <= 4'd0;
      active_slice_6_range_1_truncation <= 4'd0;
      active_slice_0_range_2_payload <= 4'd8;
      active_slice_1_range_2_payload <= 4'd8;
      active_slice_2_range_2_payload <= 4'd8;
      active_slice_3_range_2_payload <= 4'd8;
      active_slice_4_range_2_payload <= 4'd8;
      active_slice_5_range_2_payload <= 4'd8;
      active_slice_6_range_2_payload <= 4'd8;
      active_slice_0_range_2_truncation <= 4'd0;
      active_slice_1_range_2_truncation <= 4'd0;
      active_slice_2_range_2_truncation <= 4'd0;
      active_slice_3_range_2_truncation <= 4'd0;
      active_slice_4_range_2_truncation <= 4'd0;
      active_slice_5_range_2_truncation <= 4'd0;
      active_slice_6_range_2_truncation <= 4'd0;
      active_slice_0_range_3_payload <= 4'd8;
      active_slice_1_range_3_payload <= 4'd8;
      active_slice_2_range_3_payload <= 4'd8;
      active_slice_3_range_3_payload <= 4'd8;
      active_slice_4_range_3_payload <= 4'd8;
      active_slice_5_range_3_payload <= 4'd8;
      active_slice_6_range_3_payload <= 4'd8;
      active_slice_0_range_3_truncation <= 4'd0;
      active_slice_1_range_3_truncation <= 4'd0;
      active_slice_2_range_3_truncation <= 4'd0;
      active_slice_3_range_3_truncation <= 4'd0;
      active_slice_4_range_3_truncation <= 4'd0;
      active_slice_5_range_3_truncation <= 4'd0;
      active_slice_6_range_3_truncation <= 4'd0;
    end else begin
      step <= 5'd0;
      case (paddr)
        8'hc: if (write & ~pending) shadow_outputs_outputs <= (|pwdata[31:4]) ? 4'hf : pwdata[3:0];
        8'h10: if (write & ~pending) chosen <= (|pwdata[31:3]) ? 3'd7 : pwdata[2:0];
        8'h20: begin
          if (chosen == 3'd0) begin
            if (write & ~pending) begin
              shadow_slice_0_range_0_payload <= n6;
              shadow_slice_0_range_0_truncation <= n7;
            end
          end
          if (chosen == 3'd1) begin
            if (write & ~pending) begin
              shadow_slice_1_range_0_payload <= n6;
              shadow_slice_1_range_0_truncation <= n7;
            end
          end
          if (chosen == 3'd2) begin
            if (write & ~pending) begin
              shadow_slice_2_range_0_payload <= n6;
              shadow_slice_2_range_0_truncation <= n7;
            end
          end
          if (chosen == 3'd3) begin
            if (write & ~pending) begin
              shadow_slice_3_range_0_payload <= n6;
              shadow_slice_3_range_0_truncation <= n7;
            end
          end
          if (chosen == 3'd4) begin
            if (write & ~pending) begin
              shadow_slice_4_range_0_payload <= n6;
              shadow_slice_4_range_0_truncation <= n7;
            end
          end
          if (chosen == 3'd5) begin
            if (write & ~pending) begin
              shadow_slice_5_range_0_payload <= n6;
              shadow_slice_5_range_0_truncation <= n7;
            end
          end
          if (chosen == 3'd6) begin
            if (write & ~pending) begin
              shadow_slice_6_range_0_payload <= n6;
              shadow_slice_6_range_0_truncation <= n7;
            end
          end
        end
        8'h24: begin
          if (chosen == 3'd0) begin
            if (write & ~pending) begin
              shadow_slice_0_range_1_payload <= n6;
              shadow_slice_0_range_1_truncation <= n7;
            end
          end
          if (chosen == 3'd1) begin
            if (write & ~pending) begin
              shadow_slice_1_range_1_payload <= n6;
              shadow_slice_1_range_1_truncation <= n7;
            end
          end
          if (chosen == 3'd2) begin
            if (write & ~pending) begin
              shadow_slice_2_range_1_payload <= n6;
              shadow_slice_2_range_1_truncation <= n7;
            end
          end
          if (chosen == 3'd3) begin
            if (write & ~pending) begin
              shadow_slice_3_range_1_payload <= n6;
              shadow_slice_3_range_1_truncation <= n7;
            end
          end
          if (chosen == 3'd4) begin
            if (write & ~pending) begin
              shadow_slice_4_range_1_payload <= n6;
              shadow_slice_4_range_1_truncation <= n7;
            end
          end
          if (chosen == 3'd5) begin
            if (write & ~pending) begin
              shadow_slice_5_range_1_payload <= n6;
              shadow_slice_5_range_1_truncation <= n7;
            end
          end
          if (chosen == 3'd6) begin
            if (write & ~pending) begin
              shadow_slice_6_range_1_payload <= n6;
              shadow_slice_6_range_1_truncation <= n7;
            end
          end
        end
        8'h28: begin
          if (chosen == 3'd0) begin
            if (write & ~pending) begin
              shadow_slice_0_range_2_payload <= n6;
              shadow_slice_0_range_2_truncation <= n7;
            end
          end
          if (chosen == 3'd1) begin
            if (write & ~pending) begin
              shadow_slice_1_range_2_payload <= n6;
              shadow_slice_1_range_2_truncation <= n7;
            end
          end
          if (chosen == 3'd2) begin
            if (write & ~pending) begin
              shadow_slice_2_range_2_payload <= n6;
              shadow_slice_2_range_2_truncation <= n7;
            end
          end
          if (chosen == 3'd3) begin
            if (write & ~pending) begin
              shadow_slice_3_range_2_payload <= n6;
              shadow_slice_3_range_2_truncation <= n7;
            end
          end
          if (chosen == 3'd4) begin
            if (write & ~pending) begin
              shadow_slice_4_range_2_payload <= n6;
              shadow_slice_4_range_2_truncation <= n7;
            end
          end
          if (chosen == 3'd5) begin
            if (write & ~pending) begin
              shadow_slice_5_range_2_payload <= n6;
              shadow_slice_5_range_2_truncation <= n7;
            end
          end
          if (chosen == 3'd6) begin
            if (write & ~pending) begin
              shadow_slice_6_range_2_payload <= n6;
              shadow_slice_6_range_2_truncation <= n7;
            end
          end
        end
        8'h2c: begin
          if (chosen == 3'd0) begin
            if (write & ~pending) begin
              shadow_slice_0_range_3_payload <= n6;
              shadow_slice_0_range_3_truncation <= n7;
            end
          end
          if (chosen == 3'd1) begin
            if (write & ~pending) begin
              shadow_slice_1_range_3_payload <= n6;
              shadow_slice_1_range_3_truncation <= n7;
            end
          end
          if (chosen == 3'd2) begin
            if (write & ~pending) begin
              shadow_slice_2_range_3_payload <= n6;
              shadow_slice_2_range_3_truncation <= n7;
            end
          end
          if (chosen == 3'd3) begin
            if (write & ~pending) begin
              shadow_slice_3_range_3_payload <= n6;
              shadow_slice_3_range_3_truncation <= n7;
            end
          end
          if (chosen == 3'd4) begin
            if (write & ~pending) begin
              shadow_slice_4_range_3_payload <= n6;
              shadow_slice_4_range_3_truncation <= n7;
            end
          end
          if (chosen == 3'd5) begin
            if (write & ~pending) begin
              shadow_slice_5_range_3_payload <= n6;
              shadow_slice_5_range_3_truncation <= n7;
            end
          end
          if (chosen == 3'd6) begin
            if (write & ~pending) begin
              shadow_slice_6_range_3_payload <= n6;
              shadow_slice_6_range_3_truncation <= n7;
            end
          end
        end
        default: ;
      endcase
      if (!(step == 5'd0)) begin
        edge_ <= n4 + 8'd1;
        covered <= holds;
      end
      if (commit) begin
        pending <= 1'b1;
        refused <= 1'b0;
      end
      if (pending & ~checked) begin
        step <= step + 5'd1;
        if (!legal) begin
          pending <= 1'b0;
          refused <= 1'b1;
        end
        if (step >= 5'h1c) checked <= legal;
      end
      if (n8) begin
        pending <= 1'b0;
        checked <= 1'b0;
        outputs_used <= shadow_outputs_outputs;
        active_slice_0_range_0_payload <= shadow_slice_0_range_0_payload;
        active_slice_1_range_0_payload <= shadow_slice_1_range_0_payload;
        active_slice_2_range_0_payload <= shadow_slice_2_range_0_payload;
        active_slice_3_range_0_payload <= shadow_slice_3_range_0_payload;
        active_slice_4_range_0_payload <= shadow_slice_4_range_0_payload;
        active_slice_5_range_0_payload <= shadow_slice_5_range_0_payload;
        active_slice_6_range_0_payload <= shadow_slice_6_range_0_payload;
        active_slice_0_range_0_truncation <= shadow_slice_0_range_0_truncation;
        active_slice_1_range_0_truncation <= shadow_slice_1_range_0_truncation;
        active_slice_2_range_0_truncation <= shadow_slice_2_range_0_truncation;
        active_slice_3_range_0_truncation <= shadow_slice_3_range_0_truncation;
        active_slice_4_range_0_truncation <= shadow_slice_4_range_0_truncation;
        active_slice_5_range_0_truncation <= shadow_slice_5_range_0_truncation;
        active_slice_6_range_0_truncation <= shadow_slice_6_range_0_truncation;
        active_slice_0_range_1_payload <= shadow_slice_0_range_1_payload;
        active_slice_1_range_1_payload <= shadow_slice_1_range_1_payload;
        active_slice_2_range_1_payload <= shadow_slice_2_range_1_payload;
        active_slice_3_range_1_payload <= shadow_slice_3_range_1_payload;
        active_slice_4_range_1_payload <= shadow_slice_4_range_1_payload;
        active_slice_5_range_1_payload <= shadow_slice_5_range_1_payload;
        active_slice_6_range_1_payload <= shadow_slice_6_range_1_payload;
        active_slice_0_range_1_truncation <= shadow_slice_0_range_1_truncation;
        active_slice_1_range_1_truncation <= shadow_slice_1_range_1_truncation;
        active_slice_2_range_1_truncation <= shadow_slice_2_range_1_truncation;
        active_slice_3_range_1_truncation <= shadow_slice_3_range_1_truncation;
        active_slice_4_range_1_truncation <= shadow_slice_4_range_1_truncation;
        active_slice_5_range_1_truncation <= shadow_slice_5_range_1_truncation;
        active_slice_6_range_1_truncation <= shadow_slice_6_range_1_truncation;
        active_slice_0_range_2_payload <= shadow_slice_0_range_2_payload;
        active_slice_1_range_2_payload <= shadow_slice_1_range_2_payload;
        active_slice_2_range_2_payload <= shadow_slice_2_range_2_payload;
        active_slice_3_range_2_payload <= shadow_slice_3_range_2_payload;
        active_slice_4_range_2_payload <= shadow_slice_4_range_2_payload;
        active_slice_5_range_2_payload <= shadow_slice_5_range_2_payload;
        active_slice_6_range_2_payload <= shadow_slice_6_range_2_payload;
        active_slice_0_range_2_truncation <= shadow_slice_0_range_2_truncation;
        active_slice_1_range_2_truncation <= shadow_slice_1_range_2_truncation;
        active_slice_2_range_2_truncation <= shadow_slice_2_range_2_truncation;
        active_slice_3_range_2_truncation <= shadow_slice_3_range_2_truncation;
        active_slice_4_range_2_truncation <= shadow_slice_4_range_2_truncation;
        active_slice_5_range_2_truncation <= shadow_slice_5_range_2_truncation;
        active_slice_6_range_2_truncation <= shadow_slice_6_range_2_truncation;
        active_slice_0_range_3_payload <= shadow_slice_0_range_3_payload;
        active_slice_1_range_3_payload <= shadow_slice_1_range_3_payload;
        active_slice_2_range_3_payload <= shadow_slice_2_range_3_payload;
        active_slice_3_range_3_payload <= shadow_slice_3_range_3_payload;
        active_slice_4_range_3_payload <= shadow_slice_4_range_3_payload;
        active_slice_5_range_3_payload <= shadow_slice_5_range_3_payload;
        active_slice_6_range_3_payload <= shadow_slice_6_range_3_payload;
        active_slice_0_range_3_truncation <= shadow_slice_0_range_3_truncation;
        active_slice_1_range_3_truncation <= shadow_slice_1_range_3_truncation;
        active_slice_2_range_3_truncation <= shadow_slice_2_range_3_truncation;
        active_slice_3_range_3_truncation <= shadow_slice_3_range_3_truncation;
        active_slice_4_range_3_truncation <= shadow_slice_4_range_3_truncation;
        active_slice_5_range_3_truncation <= shadow_slice_5_range_3_truncation;
        active_slice_6_range_3_truncation <= shadow_slice_6_range_3_truncation;
      end
    end
  end

endmodule
