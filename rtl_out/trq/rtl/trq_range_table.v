// trq_range_table: APB slave for what depends on the network: outputs in use, search tables.
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

module trq_range_table (
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
    output wire [50:0] plan
);

  reg known;
  reg pending;
  reg refused;
  reg commit;
  reg [3:0] shadow_outputs_outputs;
  reg [3:0] shadow_range_0_payload;
  reg [3:0] shadow_range_0_truncation;
  reg [3:0] shadow_range_1_payload;
  reg [3:0] shadow_range_1_truncation;
  reg [1:0] step;
  reg legal;
  reg [3:0] active_range_0_payload;
  reg [3:0] active_range_0_truncation;
  reg [3:0] active_range_1_truncation;
  reg [3:0] active_range_1_payload;
  reg checked;

  wire access = psel & penable;
  wire write = access & pwrite;
  wire n1 = (shadow_range_0_payload >= 4'd8) | ((shadow_range_1_truncation <=
      shadow_range_1_payload) & (shadow_range_1_payload <= 4'd8) & (shadow_range_1_payload >= 4'd8)
      & (shadow_range_1_payload > shadow_range_0_payload));
  wire single = active_range_0_payload >= 4'd8;
  wire [8:0] edge_ = 9'd1 << active_range_0_payload;
  wire [8:0] high = 9'd1 << active_range_1_truncation;
  wire [8:0] n2 = 9'd1 << active_range_1_payload;
  wire [3:0] n3 = (|pwdata[7:4]) ? 4'hf : pwdata[3:0];
  wire [3:0] n4 = (|pwdata[31:12]) ? 4'hf : pwdata[11:8];
  wire n5 = pending & checked & boundary;

  assign pslverr = access & ~known;
  assign plan[25:18] = 8'd1 << active_range_0_truncation;
  assign plan[7:0] = single ? edge_[8:1] : edge_[7:0];
  assign plan[8] = ~single;
  assign plan[9] = single & (active_range_0_payload == active_range_0_truncation);
  assign plan[34] = active_range_1_payload == active_range_1_truncation;
  assign plan[50:43] = (active_range_1_truncation > active_range_0_payload) ? edge_[8:1] : 8'd0;
  assign pready = 1'b1;
  assign plan[17:10] = n2[8:1];
  assign plan[33:26] = high[7:0];
  assign plan[42:35] = high[8:1];

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
      8'h20: begin
        known = ~pwrite | ~pending;
        prdata[3:0] = shadow_range_0_payload;
        prdata[11:8] = shadow_range_0_truncation;
      end
      8'h24: begin
        known = ~pwrite | ~pending;
        prdata[3:0] = shadow_range_1_payload;
        prdata[11:8] = shadow_range_1_truncation;
      end
      default: ;
    endcase
  end

  always @* begin
    legal = 1'b0;
    if (step == 2'd0) begin
      legal = (shadow_outputs_outputs != 4'd0) & (shadow_outputs_outputs <= 4'd9);
    end else if (step == 2'd1) begin
      legal = (shadow_range_0_truncation <= shadow_range_0_payload) & (shadow_range_0_payload <=
          4'd8);
    end else begin
      legal = n1;
    end
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      shadow_outputs_outputs <= 4'd9;
      shadow_range_0_payload <= 4'd8;
      shadow_range_0_truncation <= 4'd0;
      shadow_range_1_payload <= 4'd8;
      shadow_range_1_truncation <= 4'd0;
      step <= 2'd0;
      pending <= 1'b0;
      refused <= 1'b0;
      checked <= 1'b0;
      outputs_used <= 4'd9;
      active_range_0_payload <= 4'd8;
      active_range_0_truncation <= 4'd0;
      active_range_1_payload <= 4'd8;
      active_range_1_truncation <= 4'd0;
    end else begin
      step <= 2'd0;
      case (paddr)
        8'hc: if (write & ~pending) shadow_outputs_outputs <= (|pwdata[31:4]) ? 4'hf : pwdata[3:0];
        8'h20: if (write & ~pending) begin
          shadow_range_0_payload <= n3;
          shadow_range_0_truncation <= n4;
        end
        8'h24: if (write & ~pending) begin
          shadow_range_1_payload <= n3;
          shadow_range_1_truncation <= n4;
        end
        default: ;
      endcase
      if (commit) begin
        pending <= 1'b1;
        refused <= 1'b0;
      end
      if (pending & ~checked) begin
        step <= step + 2'd1;
        if (!legal) begin
          pending <= 1'b0;
          refused <= 1'b1;
        end
        if (step >= 2'd2) checked <= legal;
      end
      if (n5) begin
        pending <= 1'b0;
        checked <= 1'b0;
        outputs_used <= shadow_outputs_outputs;
        active_range_0_payload <= shadow_range_0_payload;
        active_range_0_truncation <= shadow_range_0_truncation;
        active_range_1_payload <= shadow_range_1_payload;
        active_range_1_truncation <= shadow_range_1_truncation;
      end
    end
  end

  // Not needed in this design.
  wire unused = &{1'b0, n2[0]};

endmodule
