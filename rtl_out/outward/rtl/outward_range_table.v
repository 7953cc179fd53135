// outward_range_table: APB slave for what depends on the network: outputs in use, search tables.
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

module outward_range_table (
    input  wire        clk,
    input  wire        rst,
    input  wire [7:0]  paddr,
    input  wire        psel,
    input  wire        penable,
    input  wire        pwrite,
    input  wire [31:0] pwdata,
    output reg  [31:0] prdata,
    output wire        pready,
    output wire        pslverr,
    input  wire        idle,
    input  wire        boundary,
    output reg  [3:0]  outputs_used,
    output wire [41:0] plan
);

  reg known;
  reg pending;
  reg refused;
  reg commit;
  reg [3:0] shadow_outputs_outputs;
  reg [2:0] chosen;
  reg [5:0] shadow_slice_0_density_density;
  reg [5:0] shadow_slice_1_density_density;
  reg [5:0] shadow_slice_2_density_density;
  reg [5:0] shadow_slice_3_density_density;
  reg [5:0] shadow_slice_4_density_density;
  reg [5:0] shadow_slice_5_density_density;
  reg [5:0] shadow_slice_6_density_density;
  reg [2:0] step;
  reg [5:0] active_slice_0_density_density;
  reg [5:0] active_slice_1_density_density;
  reg [5:0] active_slice_2_density_density;
  reg [5:0] active_slice_3_density_density;
  reg [5:0] active_slice_4_density_density;
  reg [5:0] active_slice_5_density_density;
  reg [5:0] active_slice_6_density_density;
  reg checked;
  reg [5:0] n3;

  wire access = psel & penable;
  wire write = access & pwrite;
  wire [5:0] n1 = (|pwdata[31:6]) ? 6'h3f : pwdata[5:0];
  wire legal = (step == 3'd0) ? (shadow_outputs_outputs != 4'd0) & (shadow_outputs_outputs <= 4'd9)
      : n3 != 6'h3f;
  wire n2 = pending & checked & boundary;

  assign pslverr = access & ~known;
  assign pready = 1'b1;
  assign plan = {active_slice_6_density_density, active_slice_5_density_density,
      active_slice_4_density_density, active_slice_3_density_density,
      active_slice_2_density_density, active_slice_1_density_density,
      active_slice_0_density_density};

  always @* begin
    n3 = 6'd0;
    case (step - 3'd1)
      3'd0: n3 = shadow_slice_0_density_density;
      3'd1: n3 = shadow_slice_1_density_density;
      3'd2: n3 = shadow_slice_2_density_density;
      3'd3: n3 = shadow_slice_3_density_density;
      3'd4: n3 = shadow_slice_4_density_density;
      3'd5: n3 = shadow_slice_5_density_density;
      3'd6: n3 = shadow_slice_6_density_density;
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
        if (chosen == 3'd0) prdata[5:0] = shadow_slice_0_density_density;
        if (chosen == 3'd1) prdata[5:0] = shadow_slice_1_density_density;
        if (chosen == 3'd2) prdata[5:0] = shadow_slice_2_density_density;
        if (chosen == 3'd3) prdata[5:0] = shadow_slice_3_density_density;
        if (chosen == 3'd4) prdata[5:0] = shadow_slice_4_density_density;
        if (chosen == 3'd5) prdata[5:0] = shadow_slice_5_density_density;
        if (chosen == 3'd6) prdata[5:0] = shadow_slice_6_density_density;
      end
      default: ;
    endcase
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      shadow_outputs_outputs <= 4'd9;
      chosen <= 3'd0;
      shadow_slice_0_density_density <= 6'h10;
      shadow_slice_1_density_density <= 6'h10;
      shadow_slice_2_density_density <= 6'h10;
      shadow_slice_3_density_density <= 6'h10;
      shadow_slice_4_density_density <= 6'h10;
      shadow_slice_5_density_density <= 6'h10;
      shadow_slice_6_density_density <= 6'h10;
      step <= 3'd0;
      pending <= 1'b0;
      refused <= 1'b0;
      checked <= 1'b0;
      outputs_used <= 4'd9;
      active_slice_0_density_density <= 6'h10;
      active_slice_1_density_density <= 6'h10;
      active_slice_2_density_density <= 6'h10;
      active_slice_3_density_density <= 6'h10;
      active_slice_4_density_density <= 6'h10;
      active_slice_5_density_density <= 6'h10;
      active_slice_6_density_density <= 6'h10;
    end else begin
      step <= 3'd0;
      case (paddr)
        8'hc: if (write & ~pending) shadow_outputs_outputs <= (|pwdata[31:4]) ? 4'hf : pwdata[3:0];
        8'h10: if (write & ~pending) chosen <= (|pwdata[31:3]) ? 3'd7 : pwdata[2:0];
        8'h20: begin
          if (chosen == 3'd0) begin
            if (write & ~pending) shadow_slice_0_density_density <= n1;
          end
          if (chosen == 3'd1) begin
            if (write & ~pending) shadow_slice_1_density_density <= n1;
          end
          if (chosen == 3'd2) begin
            if (write & ~pending) shadow_slice_2_density_density <= n1;
          end
          if (chosen == 3'd3) begin
            if (write & ~pending) shadow_slice_3_density_density <= n1;
          end
          if (chosen == 3'd4) begin
            if (write & ~pending) shadow_slice_4_density_density <= n1;
          end
          if (chosen == 3'd5) begin
            if (write & ~pending) shadow_slice_5_density_density <= n1;
          end
          if (chosen == 3'd6) begin
            if (write & ~pending) shadow_slice_6_density_density <= n1;
          end
        end
        default: ;
      endcase
      if (commit) begin
        pending <= 1'b1;
        refused <= 1'b0;
      end
      if (pending & ~checked) begin
        step <= step + 3'd1;
        if (!legal) begin
          pending <= 1'b0;
          refused <= 1'b1;
        end
        if (step >= 3'd7) checked <= legal;
      end
      if (n2) begin
        pending <= 1'b0;
        checked <= 1'b0;
        outputs_used <= shadow_outputs_outputs;
        active_slice_0_density_density <= shadow_slice_0_density_density;
        active_slice_1_density_density <= shadow_slice_1_density_density;
        active_slice_2_density_density <= shadow_slice_2_density_density;
        active_slice_3_density_density <= shadow_slice_3_density_density;
        active_slice_4_density_density <= shadow_slice_4_density_density;
        active_slice_5_density_density <= shadow_slice_5_density_density;
        active_slice_6_density_density <= shadow_slice_6_density_density;
      end
    end
  end

endmodule
