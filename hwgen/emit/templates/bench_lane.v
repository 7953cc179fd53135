  // One vector, read by read.
  reg [31:0] counts [0:@READS@ * @PER_LANE@ - 1];
  reg [@ACCUMULATOR@ - 1:0] sums [0:@DESTINATIONS@ - 1];
  reg [1:0] load = 2'd0;
  reg [@TAG@ - 1:0] tags [0:@READS@ - 1];
  reg [@TAG@ - 1:0] tag = 0;
  reg [@DESTINATION@ - 1:0] read_destination = 0;
  wire [@ACCUMULATOR@ - 1:0] read_value;
  wire [1:0] pending;
  wire [@COLUMN@ - 1:0] column;
  wire bank;
  wire acquire;
  wire busy;
  integer read_index = 0;
  integer sum_index = 0;
  reg failed = 1'b0;

  always @(posedge clk) if (acquire) taken <= counts[read_index * @PER_LANE@ + column];

  @TOP@ dut (
@PINS@
  );

  initial begin
    $readmemh({FOLDER, "/counts.hex"}, counts);
    $readmemh({FOLDER, "/tags.hex"}, tags);
    $readmemh({FOLDER, "/sums.hex"}, sums);
    wait (!resetting);
    @(posedge clk);
    while (read_index < @READS@) begin
      tag <= tags[read_index];
      load <= 2'd1;
      @(posedge clk);
      load <= 2'd0;
      @(posedge clk);
      @(posedge clk);
      while (pending != 2'd0) @(posedge clk);
      @(posedge clk);
      read_index = read_index + 1;
    end
    @(posedge clk);
    while (sum_index < @DESTINATIONS@) begin
      read_destination <= sum_index;
      @(posedge clk);
      @(negedge clk);
      if (read_value !== sums[sum_index]) begin
        failed = 1'b1;
        $display("FAIL: accumulator %0d: expected %h, got %h", sum_index, sums[sum_index],
            read_value);
      end
      @(posedge clk);
      sum_index = sum_index + 1;
    end
    if (decisions != @DECISIONS@) begin
      failed = 1'b1;
      $display("FAIL: expected @DECISIONS@ decisions, got %0d", decisions);
    end
    if (!failed)
      $display("PASS: %0d accumulators, %0d decisions, %0d cycles", sum_index, decisions, cycles);
    $finish;
  end

endmodule
