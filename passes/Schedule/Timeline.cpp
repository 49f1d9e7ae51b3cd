//===- Timeline.cpp - When every device does what ------------------------------------===//
#include "passes/Schedule/Timeline.h"
#include <algorithm>
#include <cstdio>

using namespace sluice::schedule;

/// Whether a device computes in an action, rather than waits.
static bool computes(const Action &action) {
  return action.kind != ActionKind::Send && action.kind != ActionKind::Recv && action.kind != ActionKind::Reduce;
}

static double lastEnd(const Timeline &timeline) {
  double last = 0;
  for (const std::vector<Span> &spans : timeline.spans)
    for (const Span &span : spans)
      last = std::max(last, span.end);
  return last;
}

static char letterOf(const Action &action) {
  if (action.kind == ActionKind::Update)
    return '#';
  if (action.kind == ActionKind::Run && action.microBatch >= 0)
    return char((action.run == RunKind::Forward          ? '0'
                 : action.run == RunKind::BackwardWeight ? 'A'
                                                         : 'a') +
                action.microBatch % 10);
  return '+';
}

static std::string rowName(const Pipeline &pipeline, int device) {
  std::string name = pipeline.describeStages(device);
  return pipeline.replicas > 1 ? name + " of replica " + std::to_string(pipeline.replicaOf(device)) : name;
}

static std::string actionName(const Pipeline &pipeline, const Action &action) {
  std::string name = nameOf(action.kind);
  if (action.kind == ActionKind::Run)
    return nameOf(action.run);
  bool isMessage = action.kind == ActionKind::Send || action.kind == ActionKind::Recv;
  return isMessage ? name + " " + nameOf(pipeline.channels[action.channel].role) : name;
}

/// A number as JSON and SVG write it.
static std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

std::string sluice::schedule::drawText(const Pipeline &pipeline, const Timeline &timeline, int columns) {
  double unit = lastEnd(timeline) / columns;
  size_t width = 0;
  for (int device = 0; device < pipeline.devices(); ++device)
    width = std::max(width, rowName(pipeline, device).size());
  std::string text;
  for (int device = 0; device < pipeline.devices(); ++device) {
    std::string row(columns, '.');
    const std::vector<Action> &body = pipeline.programs[device].body;
    for (size_t index = 0; unit > 0 && index < body.size(); ++index) {
      const Span &span = timeline.spans[device][index];
      // A column shows what is in its middle.
      int first = std::max(0, int(span.start / unit + 0.5)), last = std::min(columns, int(span.end / unit + 0.5));
      if (computes(body[index]) && first < last)
        std::fill(row.begin() + first, row.begin() + last, letterOf(body[index]));
    }
    std::string name = rowName(pipeline, device);
    text += name + std::string(width - name.size(), ' ') + " | " + row + "\n";
  }
  text += std::string(width, ' ') + "   0-9 forward of a micro-batch, a-j backward, " +
          (pipeline.splits ? "A-J its gradients of parameters, " : "") + "+ sums, # update, . idle\n";
  return text;
}

std::string sluice::schedule::drawJson(const Pipeline &pipeline, const Timeline &timeline) {
  std::string text = "{\"period\": " + number(timeline.period) + ", \"devices\": [";
  for (int device = 0; device < pipeline.devices(); ++device) {
    text += std::string(device == 0 ? "\n" : ",\n") + "  {\"device\": " + std::to_string(device) +
            ", \"replica\": " + std::to_string(pipeline.replicaOf(device)) + ", \"actions\": [";
    const std::vector<Action> &body = pipeline.programs[device].body;
    for (size_t index = 0; index < body.size(); ++index) {
      const Span &span = timeline.spans[device][index];
      text += std::string(index == 0 ? "\n" : ",\n") + "    {\"name\": \"" + actionName(pipeline, body[index]) + "\"";
      if (body[index].stage >= 0)
        text += ", \"stage\": " + std::to_string(body[index].stage);
      if (body[index].microBatch >= 0)
        text += ", \"micro_batch\": " + std::to_string(body[index].microBatch);
      text += ", \"start\": " + number(span.start) + ", \"end\": " + number(span.end) + "}";
    }
    text += "]}";
  }
  return text + "]}\n";
}

static constexpr int rowHeight = 24, nameWidth = 150, fontSize = 11;

/// A box of the picture, with its number where that has room.
static void drawBox(std::string &text, const Action &action, double x, double width, int y) {
  bool forward = action.kind == ActionKind::Run && action.run == RunKind::Forward;
  bool backward = action.kind == ActionKind::Run && action.microBatch >= 0 && !forward;
  const char *colour = forward                                 ? "#4e79a7"
                       : action.run == RunKind::BackwardWeight ? "#59a14f"
                       : backward                              ? "#f28e2b"
                                                               : "#8a8a8a";
  text += "<rect x=\"" + number(x) + "\" y=\"" + std::to_string(y + 2) + "\" width=\"" + number(width) +
          "\" height=\"" + std::to_string(rowHeight - 4) + "\" fill=\"" + colour + "\"/>\n";
  std::string label = action.microBatch >= 0 ? std::to_string(action.microBatch) : "";
  if (!label.empty() && width > label.size() * fontSize * 0.7)
    text += "<text x=\"" + number(x + width / 2) + "\" y=\"" + std::to_string(y + 16) +
            "\" fill=\"#fff\" text-anchor=\"middle\">" + label + "</text>\n";
}

std::string sluice::schedule::drawSvg(const Pipeline &pipeline, const Timeline &timeline, int width) {
  double last = lastEnd(timeline), scale = last > 0 ? (width - nameWidth) / last : 0;
  std::string size =
      "width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(rowHeight * pipeline.devices()) + "\"";
  std::string text = "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size + " font-family=\"sans-serif\" font-size=\"" +
                     std::to_string(fontSize) + "\">\n<rect " + size + " fill=\"#fff\"/>\n";
  for (int device = 0; device < pipeline.devices(); ++device) {
    int y = device * rowHeight;
    text += "<text x=\"4\" y=\"" + std::to_string(y + 16) + "\">" + rowName(pipeline, device) + "</text>\n";
    const std::vector<Action> &body = pipeline.programs[device].body;
    for (size_t index = 0; index < body.size(); ++index) {
      const Span &span = timeline.spans[device][index];
      if (computes(body[index]) && span.end > span.start)
        drawBox(text, body[index], nameWidth + span.start * scale, (span.end - span.start) * scale, y);
    }
  }
  return text + "</svg>\n";
}
