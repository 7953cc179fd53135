  // The array and its sample-and-holds.
  reg [@COLUMNS@ * @CELL@ - 1:0] cells [0:@ROWS@ - 1];
  reg [31:0] held [0:2 * @COLUMNS@ - 1];
  wire [@ROWS@ * @DIGIT@ - 1:0] row_drive;
  wire [1:0] sample;
  wire [1:0] hold_clear;
  wire [@LANES@ * @COLUMN@ - 1:0] column;
  wire [@LANES@ - 1:0] bank;
  wire [@LANES@ - 1:0] acquire;
  wire [@LANES@ - 1:0] busy;

  reg [@COLUMNS@ * @CELL@ - 1:0] word;
  reg [31:0] counts [0:@COLUMNS@ - 1];
  integer row, bit_line, at;
  always @(posedge clk) begin
    if (|sample) begin
      for (bit_line = 0; bit_line < @COLUMNS@; bit_line = bit_line + 1) counts[bit_line] = 0;
      for (row = 0; row < @ROWS@; row = row + 1)
        if (row_drive[row * @DIGIT@ +: @DIGIT@] != 0) begin
          word = cells[row];
          for (bit_line = 0; bit_line < @COLUMNS@; bit_line = bit_line + 1)
            counts[bit_line] = counts[bit_line]
                + row_drive[row * @DIGIT@ +: @DIGIT@] * word[bit_line * @CELL@ +: @CELL@];
        end
      for (bit_line = 0; bit_line < @COLUMNS@; bit_line = bit_line + 1) begin
        if (sample[0]) held[bit_line] = counts[bit_line];
        if (sample[1]) held[@COLUMNS@ + bit_line] = counts[bit_line];
      end
    end
    for (at = 0; at < @LANES@; at = at + 1)
      if (acquire[at])
        taken[at * 32 +: 32] <= held[bank[at] * @COLUMNS@ + at * @PER_LANE@
            + column[at * @COLUMN@ +: @COLUMN@]];
    for (bit_line = 0; bit_line < @COLUMNS@; bit_line = bit_line + 1) begin
      if (hold_clear[0]) held[bit_line] = 32'hffffffff;
      if (hold_clear[1]) held[@COLUMNS@ + bit_line] = 32'hffffffff;
    end
  end

