//===- Table.cpp - The parts of the exported table ------------------------------------===//
#include "passes/Table/Table.h"

using namespace mlir;
using namespace sluice;

InFlightDiagnostic sluice::complain(ModuleOp module) { return module.emitError() << "cannot export the model: "; }

void sluice::writeTable(Table &table, AbiWriter &writer) {
  sluice_binary &binary = table.binary;
  binary.parameter_count = table.parameters.size();
  binary.scalar_count = table.scalars.size();
  binary.function_count = table.functions.size();
  binary.action_count = table.actions.size();
  binary.graph_count = table.graphs.size();
  binary.metric_count = table.metrics.size();
  binary.layer_count = table.layers.size();
  binary.gate_count = table.gates.size();
  binary.kernel_count = table.kernels.size();
  binary.stage_count = table.stages.size();
  binary.device_count = table.devices.size();
  binary.channel_count = table.channels.size();
  binary.transfer_count = table.transfers.size();
  binary.held_gradient_count = table.heldGradients.size();
  binary.image_count = table.images.size();
  binary.symbol_count = table.symbols.size();
  binary.launch_count = table.launches.size();
  binary.operand_count = table.operands.size();
  binary.parameters = writer.writeArray<sluice_parameter>("sluice_parameters", table.parameters);
  binary.scalars = writer.writeArray<sluice_scalar>("sluice_scalars", table.scalars);
  binary.functions = writer.writeArray<sluice_function>("sluice_functions", table.functions);
  binary.actions = writer.writeArray<sluice_action>("sluice_actions", table.actions);
  binary.graphs = writer.writeArray<sluice_graph>("sluice_graphs", table.graphs);
  binary.metrics = writer.writeArray<sluice_metric>("sluice_metrics", table.metrics);
  binary.layers = writer.writeArray<sluice_layer>("sluice_layers", table.layers);
  binary.gates = writer.writeArray<sluice_gate>("sluice_gates", table.gates);
  binary.kernels = writer.writeArray<sluice_kernel>("sluice_kernels", table.kernels);
  binary.stages = writer.writeArray<sluice_stage>("sluice_stages", table.stages);
  binary.devices = writer.writeArray<sluice_device>("sluice_devices", table.devices);
  binary.channels = writer.writeArray<sluice_channel>("sluice_channels", table.channels);
  binary.transfers = writer.writeArray<sluice_transfer>("sluice_transfers", table.transfers);
  binary.held_gradients = writer.writeArray<sluice_held_gradient>("sluice_held_gradients", table.heldGradients);
  for (auto [number, image] : llvm::enumerate(table.images))
    writer.writeBytes(("sluice_image_" + Twine(number)).str(), StringRef(image.bytes, image.size));
  binary.images = writer.writeArray<sluice_image>("sluice_images", table.images);
  binary.symbols = writer.writeArray<sluice_symbol>("sluice_symbols", table.symbols);
  binary.launches = writer.writeArray<sluice_launch>("sluice_launches", table.launches);
  binary.operands = writer.writeArray<sluice_operand>("sluice_operands", table.operands);
  writer.writeObject("sluice_program", binary);
  if (table.techniques.empty())
    return;
  table.techniques.push_back(nullptr); // ends the list
  writer.writeArray<const char *>("sluice_techniques", table.techniques, LLVM::Linkage::External);
}
