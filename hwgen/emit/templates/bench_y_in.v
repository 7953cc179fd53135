  reg [@Y@ - 1:0] y_in_words [0:@Y_BEATS@ - 1];
  reg [@Y@ - 1:0] y_in_payload = 0;
  reg y_in_valid = 1'b0;
  wire y_in_ready;
  integer y_in_sent = 0;
  initial $readmemh({FOLDER, "/y_in.hex"}, y_in_words);
  always @(posedge clk)
    if (!y_in_valid || y_in_ready) begin
      y_in_valid <= 1'b0;
      if (go && y_in_sent < @Y_BEATS@ && random[8:6] != 0) begin
        y_in_valid <= 1'b1;
        y_in_payload <= y_in_words[y_in_sent];
        y_in_sent <= y_in_sent + 1;
      end
    end

