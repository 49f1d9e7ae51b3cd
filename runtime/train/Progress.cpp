//===- Progress.cpp - A run's progress for people -------------------------===//
#include "runtime/train/Progress.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sluice::runtime {

static double steadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Columns of the terminal, 80 where nobody knows.
static int columns(FILE *out) {
  struct winsize size;
  return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static std::string formatted(const char *format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

/// "987", "12.3k", "4.56M": three digits.
static std::string shortCount(double value) {
  for (const char *unit : {"", "k", "M", "G"}) {
    if (value < 999.5)
      return formatted(value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value) + unit;
    value /= 1000;
  }
  return formatted("%.0f", value) + "T";
}

std::string durationText(double seconds) {
  int64_t whole = static_cast<int64_t>(std::min(std::round(seconds), 1e12));
  auto two = [](int64_t high, const char *highUnit, int64_t low, const char *lowUnit) {
    return std::to_string(high) + highUnit + (low < 10 ? "0" : "") + std::to_string(low) + lowUnit;
  };
  if (whole < 60)
    return std::to_string(whole) + "s";
  if (whole < 3600)
    return two(whole / 60, "m", whole % 60, "s");
  if (whole < 86400)
    return two(whole / 3600, "h", whole / 60 % 60, "m");
  return two(whole / 86400, "d", whole / 3600 % 24, "h");
}

Progress::Progress(FILE *out, ProgressMode mode, int64_t firstStep, int64_t steps, std::function<double()> clock)
    : out(out), mode(mode), firstStep(firstStep), steps(steps), clock(clock ? std::move(clock) : steadySeconds),
      last{firstStep} {
  if (mode == ProgressMode::Auto)
    this->mode = ::isatty(::fileno(out)) ? ProgressMode::Bar : ProgressMode::Lines;
  updateTime = this->clock();
}

void Progress::update(int64_t done, double loss, int64_t tokens, std::string note) {
  if (mode == ProgressMode::Quiet || finished)
    return;
  double now = clock();
  bool isFirst = last.done == firstStep;
  rate.add(now - updateTime, tokens);
  updateTime = now;
  last = {done, loss, std::move(note)};

  if (mode == ProgressMode::Bar) {
    if (isFirst || done == steps || now - shownTime >= 0.1) {
      shownTime = now;
      drawBar();
    }
    return;
  }
  int64_t interval = std::max<int64_t>(1, (steps - firstStep + 19) / 20);
  if (isFirst || done == steps || (done - firstStep) % interval == 0 || now - shownTime >= 30) {
    shownTime = now;
    print(status() + "\n");
  }
}

void Progress::print(const std::string &text) {
  errno = 0;
  bool arrived = std::fputs(text.c_str(), out) >= 0 && std::fflush(out) == 0;
  if (!arrived && error == 0)
    error = errno ? errno : EIO;
}

std::string Progress::status() const {
  std::string total = std::to_string(steps), number = std::to_string(last.done);
  // Numbers of one width: what follows them then stands still.
  number.insert(0, total.size() - std::min(total.size(), number.size()), ' ');
  std::string text = "step " + number + "/" + total + "  loss " + formatted("%.4f", last.loss) + "  " +
                     shortCount(rate.tokensPerSecond()) + " tokens/s";
  if (!last.note.empty())
    text += "  " + last.note;
  if (last.done < steps)
    text += "  " + durationText(rate.secondsPerStep() * static_cast<double>(steps - last.done)) + " left";
  return text;
}

void Progress::drawBar() {
  // The last column stays free: writing it makes some terminals wrap.
  int width = columns(out) - 1;
  std::string text = status();
  int room = std::min(width - static_cast<int>(text.size()) - 4, 40);
  if (room >= 5) {
    double part = steps > 0 ? std::clamp(static_cast<double>(last.done) / static_cast<double>(steps), 0.0, 1.0) : 1.0;
    int filled = static_cast<int>(part * room);
    std::string bar(static_cast<size_t>(filled), '=');
    if (filled < room)
      bar += '>';
    bar.resize(static_cast<size_t>(room), ' ');
    text = "[" + bar + "]  " + text;
  }
  text.resize(std::min(text.size(), static_cast<size_t>(std::max(width, 1))));
  print("\r" + text + "\x1b[K");
  barShown = true;
}

void Progress::clearBar() {
  if (barShown)
    print("\r\x1b[K");
  barShown = false;
}

void Progress::message(const std::string &line) {
  if (mode == ProgressMode::Quiet)
    return;
  // The bar moves down by the line, and is never left behind above it.
  bool redraw = barShown;
  clearBar();
  print(line + "\n");
  if (redraw)
    drawBar();
}

void Progress::finish() {
  if (barShown) {
    drawBar();
    print("\n");
  }
  barShown = false;
  finished = true;
}

} // namespace sluice::runtime
