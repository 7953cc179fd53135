// baseline_range_table: APB slave for what depends on the network: outputs in use, search tables.
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

module baseline_range_table (
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
    output reg  [3:0]  outputs_used
);

  reg known;
  reg pending;
  reg refused;
  reg commit;
  reg [3:0] shadow_outputs_outputs;
  reg step;
  reg checked;

  wire access = psel & penable;
  wire write = access & pwrite;
  wire legal = ~step & (shadow_outputs_outputs != 4'd0) & (shadow_outputs_outputs <= 4'd9);
  wire n1 = pending & checked & boundary;

  assign pslverr = access & ~known;
  assign pready = 1'b1;

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
      default: ;
    endcase
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      shadow_outputs_outputs <= 4'd9;
      step <= 1'b0;
      pending <= 1'b0;
      refused <= 1'b0;
      checked <= 1'b0;
      outputs_used <= 4'd9;
    end else begin
      step <= 1'b0;
      case (paddr)
        8'hc: if (write & ~pending) shadow_outputs_outputs <= (|pwdata[31:4]) ? 4'hf : pwdata[3:0];
        default: ;
      endcase
      if (commit) begin
        pending <= 1'b1;
        refused <= 1'b0;
      end
      if (pending & ~checked) begin
        step <= step + 1'b1;
        checked <= legal;
        if (!legal) begin
          pending <= 1'b0;
          refused <= 1'b1;
        end
      end
      if (n1) begin
        pending <= 1'b0;
        checked <= 1'b0;
        outputs_used <= shadow_outputs_outputs;
      end
    end
  end

endmodule
