  // Comparators: right in the one cycle in which they are asked, wrong in all others.
  wire [@LANES@ - 1:0] strobe;
  wire [@LANES@ * @CODE@ - 1:0] dac;
  reg [@LANES@ * 32 - 1:0] taken = 0;
  reg [@LANES@ - 1:0] above;
@DELAY_DECLARATION@
  wire [@LANES@ - 1:0] compare = ~(@ASKED@ ^ @ANSWER@);

  integer lane;
  always @* begin
    for (lane = 0; lane < @LANES@; lane = lane + 1)
      above[lane] = taken[lane * 32 +: 32] >= {@CODE_PAD@'d0, dac[lane * @CODE@ +: @CODE@]};
  end

@DELAY@
  integer asking, asked_lane;
  always @(posedge clk) begin
    asking = 0;
    for (asked_lane = 0; asked_lane < @LANES@; asked_lane = asked_lane + 1)
      if (strobe[asked_lane]) asking = asking + 1;
    decisions <= decisions + asking;
  end

