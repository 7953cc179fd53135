  // Every value, with each number of comparisons; of more than one, some of the values.
  reg start = 1'b0;
  reg [@AVERAGING_BITS@ - 1:0] averaging = 0;
  wire acquire;
  wire busy;
  wire [@CODE@ - 1:0] result;
  wire result_valid;
  integer value = @LOWEST@;
  integer pairs = 0;
  integer began = 0;
  integer expected_cycles;
  integer conversions = 0;
  reg failed = 1'b0;

  always @(posedge clk) if (acquire) taken <= value;

  @TOP@ dut (
@PINS@
  );

  initial begin
    wait (!resetting);
    @(posedge clk);
    while (pairs <= @MOST_AVERAGING@) begin
      averaging <= pairs;
      value = @LOWEST@;
      while (value <= @LARGEST@) begin
        start <= 1'b1;
        @(posedge clk);
        start <= 1'b0;
        @(posedge clk);
        began = cycles;
        @(negedge clk);
        while (!result_valid) @(negedge clk);
        expected_cycles = @CYCLES@ + pairs * @CYCLES_PER_PAIR@;
        if (result !== value || cycles - began != expected_cycles) begin
          failed = 1'b1;
          $display("FAIL: value %0d, averaging %0d: expected %0d in %0d cycles, got %0d in %0d",
              value, pairs, value, expected_cycles, result, cycles - began);
        end
        conversions = conversions + 1;
        value = value + (pairs == 0 ? 1 : @STRIDE@);
      end
      pairs = 2 * pairs + 1;
    end
    if (decisions != @DECISIONS@) begin
      failed = 1'b1;
      $display("FAIL: expected @DECISIONS@ decisions, got %0d", decisions);
    end
    if (!failed)
      $display("PASS: %0d conversions, %0d decisions, %0d cycles", conversions, decisions,
          cycles);
    $finish;
  end

endmodule
