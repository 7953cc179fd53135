// outward_search: Search from the expected count outward, one count at a time.
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

module outward_search (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] bound,
    input  wire [7:0] centre,
    input  wire       start,
    input  wire       step,
    input  wire       answer,
    output wire       none,
    output wire       last,
    output reg  [7:0] dac
);

  reg [3:0] taken;
  reg down;
  wire [7:0] trial;

  wire bitwise = taken > 4'd8;
  wire gives_up = taken == 4'd8;
  wire ends = answer ? down | (dac == bound) : (~down & (taken != 4'd0)) | (dac == 8'd1);
  wire stays = answer & ends;
  wire [7:0] moved = dac + {{7{~answer}}, ~stays};
  wire n1 = dac[2] | dac[1] | dac[0];
  wire n2 = dac[4] | dac[3] | n1;
  wire [7:0] decided = dac & ~(answer ? 8'd0 : trial);

  assign trial[1] = dac[1] & ~dac[0];
  assign trial[2] = dac[2] & ~(dac[1] | dac[0]);
  assign trial[3] = dac[3] & ~n1;
  assign trial[4] = dac[4] & ~(dac[3] | n1);
  assign trial[5] = dac[5] & ~n2;
  assign trial[6] = dac[6] & ~(dac[5] | n2);
  assign trial[7] = dac[7] & ~(dac[6] | dac[5] | n2);
  assign none = bound == 8'd0;
  assign last = bitwise ? dac[0] | (dac == 8'd0) : ends;
  assign trial[0] = dac[0];

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      dac <= 8'd0;
      taken <= 4'd0;
      down <= 1'b0;
    end else begin
      if (start) begin
        dac <= none ? 8'd0 : centre;
        taken <= 4'd0;
        down <= 1'b0;
      end else if (step) begin
        down <= ~answer;
        if (bitwise) begin
          dac <= decided | {1'b0, trial[7:1]};
        end else begin
          dac <= moved;
          taken <= taken + 4'd1;
          if (gives_up & ~ends) begin
            dac <= {bound[7], bound[6] & ~bound[7], bound[5] & ~(|bound[7:6]), bound[4] &
                ~(|bound[7:5]), bound[3] & ~(|bound[7:4]), bound[2] & ~(|bound[7:3]), bound[1] &
                ~(|bound[7:2]), bound[0] & ~(|bound[7:1])};
          end
        end
      end
    end
  end

endmodule
