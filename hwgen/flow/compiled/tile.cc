// A tile under compiled simulation: its clock, its table port, its streams, and the analog side of
// its pins. What the pins may do in which cycle is docs/architecture.md, section 5.
//
// Here the protocol of lanes, word lines and sample-and-holds is insisted on, and every strobe is
// answered. What came out, and the cycle of every event, goes back to Python, which compares it
// with the golden model. `tile.h` holds the design's numbers and the names of its pins; it is
// written by `hwgen.flow.compiled.build`.
//
// Cycle c lies between the rising edges c and c + 1; cycle 0 is the first in which a beat may be
// offered. Inputs change just after an edge, everything is looked at in the middle of a cycle.

#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

#include "Vtile.h"
#include "verilated.h"

#include "tile.h"

// Arrays of the caller: what goes in, what comes out. `hwgen.flow.compiled.library` mirrors it.
struct Job {
  const uint32_t* writes;  // (write_count, 2): address, data
  int64_t write_count;
  int64_t status;  // address of that register
  int64_t seed;    // of what registers hold before the reset
  const uint32_t* x;
  int64_t x_count;  // beats
  const int64_t* y_in;
  int64_t y_count;
  const uint64_t* cells;      // (columns, cell bits, DAC bits, words): laid out like row_drive
  const int16_t* tree;        // (reads, columns): which tree a held count is searched by
  const int16_t* thresholds;  // (trees, largest count + 1, most decisions + 1): codes, then -1
  int64_t cycles;             // to run
  int64_t read_limit;
  const int64_t* first;  // (lanes + 1,): place of a lane's first conversion, and of all after it

  int64_t* y;
  int64_t *x_cycle, *y_in_cycle, *y_cycle;
  uint64_t* rows;                             // row_drive at each sample
  int64_t *sample, *last_sample, *hold_clear;  // cycles
  int64_t* start;                             // of each conversion, as the next two
  uint16_t* place;                            // bank * COLUMNS_PER_LANE + column
  uint8_t* decisions;
  int64_t x_found, y_in_found, y_found, read_found, clear_found;
  int64_t* found;       // (lanes,): conversions
  int64_t failed_lane;  // where `message` is about one, else -1
  char* message;
};

namespace {

using Cycle = int64_t;

constexpr Cycle LONG_AGO = -(Cycle{1} << 40);
constexpr int RESET_CYCLES = 3;
constexpr int MOST_CHECKS = 4096;  // looks at STATUS, more than a check and a boundary take
constexpr int MOST_WAIT_STATES = 64;
constexpr uint32_t ACCEPTED = 4;   // STATUS: idle, nothing pending, nothing refused
constexpr uint32_t PENDING = 1;
constexpr size_t MESSAGE_SIZE = 256;
constexpr int OVERHEAD = SETTLE_MUX + ACQUIRE_CYCLES;
constexpr int DECISION = SETTLE_DAC + COMPARE_LATENCY;
constexpr int CAPTURE = COMPARE_LATENCY - 2 - COMPARE_STAGES;  // from the strobe
constexpr int ROW_WORDS = (ROWS * DAC_BITS + 63) / 64;

using Rows = std::array<uint64_t, ROW_WORDS>;

struct Failure {
  char text[MESSAGE_SIZE];
  int lane = -1;
};

[[noreturn]] void fail(int lane, const char* form, ...) {
  Failure failure;
  failure.lane = lane;
  va_list values;
  va_start(values, form);
  std::vsnprintf(failure.text, sizeof failure.text, form, values);
  va_end(values);
  throw failure;
}

[[noreturn]] void unexpected(Cycle now, const char* what, long long expected, long long got) {
  fail(-1, "cycle %lld, %s: expected %lld, got %lld", static_cast<long long>(now), what, expected,
       got);
}

}  // namespace

// What Verilator calls where it would end the process.
void vl_finish(const char*, int, const char*) { fail(-1, "the simulation broke off: $finish"); }
void vl_stop(const char*, int, const char*) { fail(-1, "the simulation broke off: $stop"); }
void vl_fatal(const char*, int, const char*, const char* message) {
  fail(-1, "the simulation broke off: %s", message);
}

namespace {

// One bank of sample-and-holds.
struct Bank {
  bool holds = false;
  int64_t read = 0;  // number of the read, from 0
  std::array<int32_t, COLUMNS> counts{};
};

struct LanePins {
  uint8_t busy, acquire, strobe, bank;
  uint16_t column, dac;

  bool operator==(const LanePins& other) const { return !std::memcmp(this, &other, sizeof other); }
};

// The converter of a lane: follows its conversions by events, and answers its strobes.
class Lane {
 public:
  void begin(int number, const LanePins& pins, Job* job) {
    number_ = number;
    job_ = job;
    next_ = job->first[number];
    pins_ = pins;
    if (pins.busy || pins.acquire || pins.strobe)
      fail(number, "lane %d after reset: expected rest, got a conversion", number);
  }

  void watch(Cycle now, const LanePins& pins, const std::array<Bank, 2>& banks) {
    if (pins == pins_ && !pins.acquire && !pins.strobe) return;
    if (pins.busy && !pins_.busy) busy_since_ = now;
    const bool done = now == free_ && start_ >= busy_since_;
    if (!pins.busy && pins_.busy && !done) wrong(now, "busy", 1, 0);
    if (pins.column != pins_.column || pins.bank != pins_.bank) {
      if (now < free_) wrong(now, "bank and column", place(pins_), place(pins));
      placed_ = now;
    }
    if (pins.dac != pins_.dac) {
      if (now < free_ && decisions_) wrong(now, "dac", pins_.dac, pins.dac);
      coded_ = now;
    }
    if (!pins.acquire && pins_.acquire && now != start_ + OVERHEAD) wrong(now, "acquire", 1, 0);
    if (pins.acquire) acquire(now, pins, banks);
    if (pins.strobe) decide(now, pins, banks);
    pins_ = pins;
  }

  // Right in the one cycle in which it is captured, wrong from the strobe on and ever after.
  bool compare(Cycle now) const { return above_ == (now == captured_); }

  int64_t found() const { return job_ ? next_ - job_->first[number_] : 0; }

 private:
  void acquire(Cycle now, const LanePins& pins, const std::array<Bank, 2>& banks) {
    if (now >= free_)
      convert(now, pins);
    else if (decisions_)
      wrong(now, "acquire", 0, 1);
    need_held(now, pins, banks);
    const int column = number_ * COLUMNS_PER_LANE + pins.column;
    count_ = banks[pins.bank].counts[column];
    tree_ = job_->tree[banks[pins.bank].read * COLUMNS + column];
  }

  void convert(Cycle now, const LanePins& pins) {
    const Cycle start = now - SETTLE_MUX;
    const bool follows = busy_since_ == start || (busy_since_ < start && start == free_);
    if (!pins.busy || !follows || placed_ > start) wrong(now, "acquire", 0, 1);
    if (pins.column >= COLUMNS_PER_LANE) wrong(now, "column", COLUMNS_PER_LANE - 1, pins.column);
    if (next_ == job_->first[number_ + 1])
      fail(number_, "lane %d, cycle %lld: expected %lld conversions, got one more", number_,
           static_cast<long long>(now), static_cast<long long>(found()));
    job_->start[next_] = start_ = start;
    job_->place[next_] = place(pins);
    job_->decisions[next_++] = decisions_ = 0;
    free_ = start + OVERHEAD;
  }

  void decide(Cycle now, const LanePins& pins, const std::array<Bank, 2>& banks) {
    if (now != free_ + SETTLE_DAC || !pins.busy || pins.acquire || placed_ > start_)
      wrong(now, "strobe", 0, 1);
    need_held(now, pins, banks);
    const int64_t leaf = int64_t{tree_} * (LARGEST_COUNT + 1) + count_;
    const int code = job_->thresholds[leaf * (MOST_DECISIONS + 1) + decisions_];
    if (code < 0)
      fail(number_, "lane %d, cycle %lld, column %d with count %d: expected %d decisions, got more",
           number_, static_cast<long long>(now), pins.column, count_, decisions_);
    if (coded_ > free_ || static_cast<int>(pins.dac) != code) wrong(now, "dac", code, pins.dac);
    above_ = count_ >= code;
    captured_ = now + CAPTURE;
    job_->decisions[next_ - 1] = ++decisions_;
    free_ += DECISION;
  }

  void need_held(Cycle now, const LanePins& pins, const std::array<Bank, 2>& banks) const {
    if (!banks[pins.bank].holds)
      fail(number_, "lane %d, cycle %lld, bank %d: expected a held sample, got none", number_,
           static_cast<long long>(now), pins.bank);
  }

  static int place(const LanePins& pins) { return pins.bank * COLUMNS_PER_LANE + pins.column; }

  [[noreturn]] void wrong(Cycle now, const char* what, long long expected, long long got) const {
    fail(number_, "lane %d, cycle %lld, %s: expected %lld, got %lld", number_,
         static_cast<long long>(now), what, expected, got);
  }

  int number_ = 0;
  Job* job_ = nullptr;
  LanePins pins_{};
  Cycle busy_since_ = LONG_AGO, placed_ = LONG_AGO, coded_ = LONG_AGO;  // last changes
  Cycle start_ = LONG_AGO;
  Cycle free_ = LONG_AGO;  // end of the conversion as far as it has been seen
  int64_t next_ = 0;
  int decisions_ = 0, count_ = 0, tree_ = 0;
  bool above_ = false;
  Cycle captured_ = LONG_AGO;
};

class Bench {
 public:
  explicit Bench(Job* job) : job_(job) {
    context_.randReset(2);  // what no reset has touched is anything
    context_.randSeed(static_cast<int>(job->seed));
    tile_ = std::make_unique<Vtile>(&context_, "tile");
    tile_->clk = tile_->psel = tile_->penable = tile_->pwrite = 0;
    offer(false);
  }

  void run() {
    reset();
    for (int64_t k = 0; k < job_->write_count; ++k)
      transfer(true, job_->writes[2 * k], job_->writes[2 * k + 1]);
    uint32_t status = PENDING;
    for (int k = 0; k < MOST_CHECKS && (status & PENDING); ++k)
      status = transfer(false, job_->status, 0);
    if (status != ACCEPTED)
      fail(-1, "STATUS after a commit: expected %u, got %u", ACCEPTED, status);
    for (int lane = 0; lane < LANES; ++lane) lanes_[lane].begin(lane, pins_of(lane), job_);

    for (now_ = 0; now_ < job_->cycles; ++now_) {
      tile_->clk = 1;
      tile_->eval();
      offer(true);
      tile_->clk = 0;
      tile_->eval();
      take();
      watch_rows();
      watch_banks();
      for (int lane = 0; lane < LANES; ++lane) lanes_[lane].watch(now_, pins_of(lane), banks_);
      answer();
    }
    if (!tile_->idle) unexpected(now_, "idle", 1, 0);
  }

  void close() const {
    for (int lane = 0; lane < LANES; ++lane) job_->found[lane] = lanes_[lane].found();
  }

 private:
  void clock() {
    tile_->clk = 1;
    tile_->eval();
    tile_->clk = 0;
    tile_->eval();
  }

  void reset() {
    tile_->RESET = RESET_LEVEL;
    for (int k = 0; k < RESET_CYCLES; ++k) clock();
    tile_->RESET = !RESET_LEVEL;
    clock();
  }

  // One access of the table port; returns what was read.
  uint32_t transfer(bool write, uint32_t address, uint32_t data) {
    tile_->psel = 1;
    tile_->pwrite = write;
    tile_->paddr = address;
    tile_->pwdata = data;
    clock();
    tile_->penable = 1;
    tile_->eval();
    for (int waited = 0; !tile_->pready; ++waited) {
      if (waited == MOST_WAIT_STATES) fail(-1, "pready: expected within %d cycles", waited);
      clock();
    }
    if (tile_->pslverr) fail(-1, "access to address %#x: expected no error, got one", address);
    const uint32_t read = tile_->prdata;
    clock();
    tile_->psel = tile_->penable = tile_->pwrite = 0;
    return read;
  }

  // Streams are offered and taken without a pause.
  void offer(bool open) {
    tile_->x_valid = open && job_->x_found < job_->x_count;
    if (tile_->x_valid)
      std::memcpy(&tile_->x_payload, job_->x + job_->x_found * X_WORDS, sizeof(tile_->x_payload));
#if Y_IN
    tile_->y_in_valid = open && job_->y_in_found < job_->y_count;
    if (tile_->y_in_valid) tile_->y_in_payload = job_->y_in[job_->y_in_found] & Y_MASK;
#endif
    tile_->y_ready = open;
  }

  void take() {
    if (tile_->x_valid && tile_->x_ready) job_->x_cycle[job_->x_found++] = now_;
#if Y_IN
    if (tile_->y_in_valid && tile_->y_in_ready) job_->y_in_cycle[job_->y_in_found++] = now_;
#endif
    if (tile_->y_valid) {
      if (job_->y_found == job_->y_count)
        unexpected(now_, "words of y", job_->y_count, job_->y_count + 1);
      const uint64_t word = static_cast<uint64_t>(tile_->y_payload) << (64 - Y_BITS);
      job_->y[job_->y_found] = static_cast<int64_t>(word) >> (64 - Y_BITS);
      job_->y_cycle[job_->y_found++] = now_;
    }
  }

  void watch_rows() {
    Rows rows{};
    std::memcpy(rows.data(), &tile_->row_drive, sizeof(tile_->row_drive));
    if (tile_->idle && rows != Rows{}) unexpected(now_, "row_drive while idle", 0, 1);
    if (rows == rows_) return;
    if (now_ <= sampled_ + 1) unexpected(now_, "row_drive changes after a sample", 0, 1);
    rows_ = rows;
    driven_ = now_;
  }

  void watch_banks() {
    const uint32_t sample = tile_->sample, hold_clear = tile_->hold_clear;
    const uint32_t rises = sample & ~sample_, falls = sample_ & ~sample;
    if (rises) {
      if (now_ - driven_ < SETTLE_ROW)
        unexpected(now_, "cycles that rows are stable", SETTLE_ROW, now_ - driven_);
      if (job_->read_found == job_->read_limit)
        unexpected(now_, "samples", job_->read_limit, job_->read_limit + 1);
      std::memcpy(job_->rows + job_->read_found * ROW_WORDS, rows_.data(), sizeof rows_);
      job_->sample[job_->read_found++] = now_;
    }
    for (int bank = 0; bank < 2; ++bank) {
      if (rises >> bank & 1) {
        banks_[bank].read = job_->read_found - 1;
        count(banks_[bank]);
      }
      if ((sample | hold_clear) >> bank & 1) banks_[bank].holds = false;
      if (falls >> bank & 1) banks_[bank].holds = true;
    }
    if (sample) job_->last_sample[job_->read_found - 1] = sampled_ = now_;
    if (hold_clear) {
      if (job_->clear_found == job_->read_limit) unexpected(now_, "hold_clear", 0, 1);
      job_->hold_clear[job_->clear_found++] = now_;
    }
    sample_ = sample;
  }

  // Inner products of driven and stored digits, bit by bit.
  void count(Bank& bank) const {
    const uint64_t* cells = job_->cells;
    for (int32_t& sum : bank.counts) {
      sum = 0;
      for (int shift = 0; shift < CELL_BITS; ++shift)
        for (int bit = 0; bit < DAC_BITS; ++bit)
          for (const uint64_t word : rows_)
            sum += __builtin_popcountll(word & *cells++) << (shift + bit);
    }
  }

#define PINS_OF(k)                                                                           \
  case k:                                                                                    \
    return {tile_->lane##k##_busy, tile_->lane##k##_acquire, tile_->lane##k##_strobe,        \
            tile_->lane##k##_bank, tile_->lane##k##_column,  tile_->lane##k##_dac};
  LanePins pins_of(int lane) const {
    switch (lane) { EACH_LANE(PINS_OF) }
    return {};
  }

#define ANSWER(k) tile_->lane##k##_compare = lanes_[k].compare(now_);
  void answer() { EACH_LANE(ANSWER) }

  Job* job_;
  VerilatedContext context_;
  std::unique_ptr<Vtile> tile_;
  Cycle now_ = 0;
  std::array<Lane, LANES> lanes_;
  std::array<Bank, 2> banks_;
  Rows rows_{};
  Cycle driven_ = LONG_AGO, sampled_ = LONG_AGO;
  uint32_t sample_ = 0;
};

}  // namespace

// Stream all vectors through a tile, from reset on; 1 with a message when it breaks the protocol.
extern "C" int run(Job* job) {
  std::unique_ptr<Bench> bench;
  int failed = 0;
  try {
    bench = std::make_unique<Bench>(job);
    bench->run();
  } catch (const Failure& failure) {
    std::memcpy(job->message, failure.text, sizeof failure.text);
    job->failed_lane = failure.lane;
    failed = 1;
  }
  if (bench) bench->close();
  return failed;
}
