// adaptive_sequencer: Read plane after plane, skip empty ones, and drain the accumulators after the
// last.
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

module adaptive_sequencer (
    input  wire        clk,
    input  wire        rst,
    input  wire [7:0]  bound,
    input  wire        full,
    output reg         drop,
    output reg  [2:0]  plane,
    output reg         load,
    output reg         off,
    input  wire [7:0]  active,
    output reg  [1:0]  sample,
    output reg  [1:0]  hold_clear,
    output reg  [1:0]  loaded,
    input  wire [1:0]  pending,
    output reg         older,
    output reg  [14:0] tag_0,
    output reg  [14:0] tag_1,
    input  wire [3:0]  outputs_used,
    input  wire        buffer_empty,
    output wire        drain,
    output reg  [3:0]  output_index,
    output wire        clear,
    output wire        boundary,
    output wire        idle
);

  reg [1:0] in_use;
  reg [2:0] driven;
  reg [1:0] elapsed;
  reg ending;
  reg [2:0] state;
  reg started;

  wire [1:0] mask = 2'd1 << older;
  wire [1:0] strays = pending & ~in_use;
  wire is_last = driven >= 3'd7;
  wire known = elapsed != 2'd0;
  wire may_sample = ~(|(in_use & mask)) & ~(|strays) & ~ending;
  wire [3:0] n1 = {1'b0, driven} + 4'd1;
  wire [1:0] served = in_use & ~pending;
  wire [4:0] n2 = {1'b0, output_index} + 5'd1;
  wire [2:0] n3 = bound[7] ? 3'd0 : bound[6] ? 3'd1 : bound[5] ? 3'd2 : bound[4] ? 3'd3 : bound[3] ?
      3'd4 : bound[2] ? 3'd5 : bound[1] ? 3'd6 : 3'd7;

  assign idle = (state == 3'd0) & ~(|in_use) & ~ending;
  assign drain = ending & ~(|in_use) & (buffer_empty | (output_index != 4'd0));
  assign clear = drain & (n2 >= {1'b0, outputs_used});
  assign boundary = ~started & ~ending;

  always @* begin
    off = 1'b0;
    plane = 3'd0;
    load = 1'b0;
    drop = 1'b0;
    loaded = 2'd0;
    case (state)
      3'd1: if (known & (active == 8'd0)) begin
        if (is_last) begin
          off = 1'b1;
        end else begin
          plane = n1[2:0];
          load = 1'b1;
          drop = n1 >= 4'd7;
        end
      end
      3'd2: loaded = mask;
      3'd3: if (is_last) begin
        off = 1'b1;
      end else begin
        plane = n1[2:0];
        load = 1'b1;
        drop = n1 >= 4'd7;
      end
      3'd4: ;
      default: begin
        off = 1'b1;
        if (full) begin
          plane = 3'd0;
          load = 1'b1;
          drop = 1'b0;
        end
      end
    endcase
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      elapsed <= 2'd0;
      state <= 3'd0;
      driven <= 3'd0;
      sample <= 2'd0;
      tag_1 <= 15'd0;
      tag_0 <= 15'd0;
      older <= 1'b0;
      ending <= 1'b0;
      in_use <= 2'd0;
      hold_clear <= 2'd0;
      started <= 1'b0;
      output_index <= 4'd0;
    end else begin
      elapsed <= elapsed + 2'd1;
      in_use <= (in_use & ~served) | loaded;
      hold_clear <= served;
      started <= clear ? 1'b0 : started | (|loaded);
      case (state)
        3'd1: if (known & (active == 8'd0)) begin
          if (is_last) begin
            state <= 3'd4;
          end else begin
            elapsed <= 2'd0;
            state <= 3'd1;
            driven <= n1[2:0];
          end
        end else if (elapsed >= 2'd3) begin
          elapsed <= 2'd3;
          if (may_sample) begin
            elapsed <= 2'd0;
            state <= 3'd2;
            sample <= mask;
          end
        end
        3'd2: begin
          state <= 3'd3;
          sample <= 2'd0;
          older <= ~older;
          if (older) begin
            tag_1[2:0] <= driven;
            tag_1[3] <= 1'b0;
            tag_1[11:4] <= bound;
            tag_1[14:12] <= n3;
          end else begin
            tag_0[2:0] <= driven;
            tag_0[3] <= 1'b0;
            tag_0[11:4] <= bound;
            tag_0[14:12] <= n3;
          end
        end
        3'd3: if (is_last) begin
          state <= 3'd4;
        end else begin
          elapsed <= 2'd0;
          state <= 3'd1;
          driven <= n1[2:0];
        end
        3'd4: if (!ending) begin
          state <= 3'd0;
          ending <= 1'b1;
        end
        default: begin
          state <= 3'd0;
          sample <= 2'd0;
          if (full) begin
            elapsed <= 2'd0;
            state <= 3'd1;
            driven <= 3'd0;
          end
        end
      endcase
      if (drain) output_index <= n2[3:0];
      if (clear) begin
        ending <= 1'b0;
        output_index <= 4'd0;
      end
    end
  end

endmodule
