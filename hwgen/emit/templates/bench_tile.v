  // Streams, which hesitate.
  reg [@X@ - 1:0] x_words [0:@X_BEATS@ - 1];
  reg [@Y@ - 1:0] y_words [0:@Y_BEATS@ - 1];
  reg [@X@ - 1:0] x_payload = 0;
  reg x_valid = 1'b0;
  wire x_ready;
  wire signed [@Y@ - 1:0] y_payload;
  wire y_valid;
  reg y_ready = 1'b0;
  wire idle;
  reg go = 1'b0;
  integer x_sent = 0;
  integer y_taken = 0;
  reg failed = 1'b0;

  always @(posedge clk) begin
    if (!x_valid || x_ready) begin
      x_valid <= 1'b0;
      if (go && x_sent < @X_BEATS@ && random[3:0] != 0) begin
        x_valid <= 1'b1;
        x_payload <= x_words[x_sent];
        x_sent <= x_sent + 1;
      end
    end
    y_ready <= random[5:4] != 0;
    if (y_valid && y_ready) begin
      if (y_payload !== $signed(y_words[y_taken]) && !failed) begin
        failed <= 1'b1;
        $display("FAIL: vector %0d, output %0d: expected %0d, got %0d", y_taken / @OUTPUTS@,
            y_taken % @OUTPUTS@, $signed(y_words[y_taken]), y_payload);
      end
      y_taken <= y_taken + 1;
    end
  end

@Y_IN@
  // Table port.
  reg [7:0] paddr = 0;
  reg psel = 1'b0;
  reg penable = 1'b0;
  reg pwrite = 1'b0;
  reg [31:0] pwdata = 0;
  wire [31:0] prdata;
  wire pready;
  wire pslverr;

  task access(input [7:0] address, input write, input [31:0] data);
    begin
      psel <= 1'b1;
      penable <= 1'b0;
      paddr <= address;
      pwrite <= write;
      pwdata <= data;
      @(posedge clk);
      penable <= 1'b1;
      @(posedge clk);
      while (!pready) @(posedge clk);
      if (pslverr) begin
        failed <= 1'b1;
        $display("FAIL: access to register %h refused", address);
      end
      psel <= 1'b0;
      penable <= 1'b0;
    end
  endtask

  @TOP@ dut (
@PINS@
  );

  integer hold;
  initial begin
    for (hold = 0; hold < 2 * @COLUMNS@; hold = hold + 1) held[hold] = 32'hffffffff;
    $readmemh({FOLDER, "/cells.hex"}, cells);
    $readmemh({FOLDER, "/x.hex"}, x_words);
    $readmemh({FOLDER, "/y.hex"}, y_words);
    wait (!resetting);
    @(posedge clk);
@TABLE@
    access(8'h@STATUS@, 1'b0, 0);
    while (prdata[0]) access(8'h@STATUS@, 1'b0, 0);
    if (prdata[1]) begin
      failed <= 1'b1;
      $display("FAIL: table refused");
    end
    go <= 1'b1;
    wait (y_taken == @Y_BEATS@);
    repeat (4) @(posedge clk);
    if (!idle || |busy || y_valid || |row_drive) begin
      failed = 1'b1;
      $display("FAIL: not idle after the last output");
    end
    if (decisions != @DECISIONS@) begin
      failed = 1'b1;
      $display("FAIL: expected @DECISIONS@ decisions, got %0d", decisions);
    end
    if (!failed)
      $display("PASS: %0d outputs, %0d decisions, %0d cycles", y_taken, decisions, cycles);
    $finish;
  end

endmodule
