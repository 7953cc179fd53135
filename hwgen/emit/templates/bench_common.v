// @TB@: checks @TOP@ by itself and prints PASS or FAIL. From the folder above this file:
//   iverilog -g2005 -o bench rtl/*.v tb/@TB@.v && vvp bench

`timescale 1ns / 1ps

module @TB@;

  parameter FOLDER = "tb";

  reg clk = 1'b0;
  reg resetting = 1'b1;
  integer cycles = 0;
  integer decisions = 0;
  reg [31:0] random = 32'h2545f491;

  always #5 clk = ~clk;

  always @(posedge clk) begin
    cycles <= cycles + 1;
    random <= {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]};
    if (cycles > @LIMIT@) begin
      $display("FAIL: no end within @LIMIT@ cycles");
      $finish;
    end
  end

  initial begin
    repeat (4) @(posedge clk);
    resetting <= 1'b0;
  end

