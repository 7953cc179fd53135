// outward_shift_add: Carry out micro-operations on a file of accumulators with one adder.
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

module outward_shift_add (
    input  wire        clk,
    input  wire        rst,
    input  wire [14:0] i__payload,
    input  wire        i__valid,
    input  wire [2:0]  read_destination,
    output wire [15:0] read_value,
    input  wire        clear
);

  reg [15:0] held;
  reg [15:0] accumulator_0;
  reg [15:0] accumulator_1;
  reg [15:0] accumulator_2;
  reg [15:0] accumulator_3;
  reg [15:0] accumulator_4;
  reg [15:0] accumulator_5;
  reg [15:0] accumulator_6;
  reg [15:0] accumulator_7;
  reg [7:0] empty;

  wire [2:0] i__payload_destination = i__payload[2:0];
  wire [2:0] destination = i__valid ? i__payload_destination : read_destination;
  wire [7:0] i__payload_value = i__payload[14:7];
  wire [2:0] i__payload_shift = i__payload[5:3];
  wire [14:0] term = {7'd0, i__payload_value} << i__payload_shift;
  wire [15:0] total = (clear ? 16'd0 : read_value) + {1'b0, term};

  assign read_value = empty[destination] ? 16'd0 : held;

  always @* begin
    held = 16'd0;
    case (destination)
      3'd0: held = accumulator_0;
      3'd1: held = accumulator_1;
      3'd2: held = accumulator_2;
      3'd3: held = accumulator_3;
      3'd4: held = accumulator_4;
      3'd5: held = accumulator_5;
      3'd6: held = accumulator_6;
      3'd7: held = accumulator_7;
    endcase
  end

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      empty <= 8'hff;
    end else begin
      if (clear) empty <= 8'hff;
      if (i__valid) begin
        if (destination == 3'd0) empty[0] <= 1'b0;
        if (destination == 3'd1) empty[1] <= 1'b0;
        if (destination == 3'd2) empty[2] <= 1'b0;
        if (destination == 3'd3) empty[3] <= 1'b0;
        if (destination == 3'd4) empty[4] <= 1'b0;
        if (destination == 3'd5) empty[5] <= 1'b0;
        if (destination == 3'd6) empty[6] <= 1'b0;
        if (destination == 3'd7) empty[7] <= 1'b0;
      end
    end
  end

  always @(posedge clk) begin
    if (i__valid) begin
      if (destination == 3'd0) accumulator_0 <= total;
      if (destination == 3'd1) accumulator_1 <= total;
      if (destination == 3'd2) accumulator_2 <= total;
      if (destination == 3'd3) accumulator_3 <= total;
      if (destination == 3'd4) accumulator_4 <= total;
      if (destination == 3'd5) accumulator_5 <= total;
      if (destination == 3'd6) accumulator_6 <= total;
      if (destination == 3'd7) accumulator_7 <= total;
    end
  end

  // Not needed in this design.
  wire unused = &{1'b0, i__payload[6]};

endmodule
