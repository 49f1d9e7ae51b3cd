//===- AbiLayout.h - The ABI's structures as constants of the LLVM dialect --------===//
//
// The one description of the structures of abi.h to the compiler: their members in order. Types and constants follow
// from it, so that a table is filled in as C++ objects.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TABLE_ABILAYOUT_H
#define SLUICE_PASSES_TABLE_ABILAYOUT_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "runtime/abi.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <tuple>
#include <type_traits>

namespace sluice {

/// The members of a structure, in order: `static constexpr auto members = std::make_tuple(&T::a, ...)`.
template <typename T> struct AbiMembers;

/// One line a structure of abi.h, with all its members in their order.
#define SLUICE_ABI_STRUCT(T, ...)                                                                                      \
  template <> struct AbiMembers<T> {                                                                                   \
    using Struct = T;                                                                                                  \
    static constexpr auto members = std::make_tuple(__VA_ARGS__);                                                      \
  }
#define M(member) &Struct::member
SLUICE_ABI_STRUCT(sluice_tensor, M(name), M(element), M(rank), M(shape), M(offset), M(bytes));
SLUICE_ABI_STRUCT(sluice_parameter, M(tensor), M(initializer), M(decays), M(init_a), M(gradient), M(states),
                  M(scalar_states), M(stage), M(copy_of), M(in_place), M(state_names), M(state_offsets));
SLUICE_ABI_STRUCT(sluice_scalar, M(name), M(value), M(help), M(least), M(most), M(open));
SLUICE_ABI_STRUCT(sluice_function, M(name), M(entry), M(scratch_bytes), M(thread_scratch_bytes), M(stage),
                  M(first_launch), M(launch_count));
SLUICE_ABI_STRUCT(sluice_image, M(kind), M(capability), M(architecture), M(bytes), M(size));
SLUICE_ABI_STRUCT(sluice_symbol, M(name), M(flops), M(bytes));
SLUICE_ABI_STRUCT(sluice_operand, M(space), M(offset));
SLUICE_ABI_STRUCT(sluice_launch, M(symbol), M(grid), M(block), M(shared_bytes), M(first_operand), M(operand_count),
                  M(is_gated), M(place));
SLUICE_ABI_STRUCT(sluice_action, M(kind), M(stage), M(micro_batch), M(function), M(channel), M(into), M(from),
                  M(clears), M(iteration));
SLUICE_ABI_STRUCT(sluice_device, M(replica), M(first_action), M(action_count), M(busy), M(first_warmup_action),
                  M(warmup_action_count));
SLUICE_ABI_STRUCT(sluice_channel, M(role), M(from), M(to), M(stage), M(capacity), M(first_transfer), M(transfer_count));
SLUICE_ABI_STRUCT(sluice_transfer, M(source), M(target), M(bytes));
SLUICE_ABI_STRUCT(sluice_stage, M(gradient_offset), M(gradient_bytes), M(count_offset), M(frame_bytes), M(element),
                  M(frames), M(layers), M(embeddings), M(head), M(device), M(delay), M(versions), M(weights_offset),
                  M(weights_bytes), M(recomputed), M(predicts), M(narrow));
SLUICE_ABI_STRUCT(sluice_held_gradient, M(stage), M(offset), M(bytes));
SLUICE_ABI_STRUCT(sluice_graph, M(name), M(first_action), M(action_count), M(stage), M(inputs), M(input), M(result));
SLUICE_ABI_STRUCT(sluice_metric, M(name), M(layer), M(gate), M(stage), M(kind), M(result));
SLUICE_ABI_STRUCT(sluice_layer, M(name));
SLUICE_ABI_STRUCT(sluice_gate, M(layer), M(element), M(count), M(flops));
SLUICE_ABI_STRUCT(sluice_kernel, M(name), M(flops), M(bytes));
SLUICE_ABI_STRUCT(sluice_binary, M(version), M(target), M(model), M(description), M(processor), M(features), M(batch),
                  M(sequence), M(vocabulary), M(micro_batches), M(flops_per_token), M(grad_clip), M(optimizer),
                  M(compute), M(accumulation), M(schedule), M(replicas), M(reduction_groups), M(gradient_buffers),
                  M(parameter_count), M(scalar_count), M(function_count), M(action_count), M(graph_count),
                  M(metric_count), M(layer_count), M(gate_count), M(kernel_count), M(stage_count), M(device_count),
                  M(channel_count), M(transfer_count), M(held_gradient_count), M(image_count), M(symbol_count),
                  M(launch_count), M(operand_count), M(parameters), M(scalars), M(functions), M(actions), M(graphs),
                  M(metrics), M(layers), M(gates), M(kernels), M(stages), M(devices), M(channels), M(transfers),
                  M(held_gradients), M(images), M(symbols), M(launches), M(operands), M(parameter_bytes),
                  M(persistent_bytes), M(gradient_offset), M(gradient_bytes), M(norms_offset),
                  M(unclipped_norms_offset));
#undef M
#undef SLUICE_ABI_STRUCT

namespace detail {
/// The size that natural alignment gives the listed members: `sizeof` if and only if no member is missing.
template <typename T, typename... Members> constexpr size_t naturalSize(Members T::*...) {
  size_t size = 0;
  ((size = (size + alignof(Members) - 1) / alignof(Members) * alignof(Members) + sizeof(Members)), ...);
  return (size + alignof(T) - 1) / alignof(T) * alignof(T);
}
template <typename T> constexpr size_t naturalSize() {
  return std::apply([](auto... members) { return naturalSize(members...); }, AbiMembers<T>::members);
}
} // namespace detail

/// Writes ABI objects into a module as constant globals. Pointers in the objects stand for what they were registered
/// as.
class AbiWriter {
public:
  explicit AbiWriter(mlir::ModuleOp module)
      : builder(module.getLoc(), mlir::OpBuilder::atBlockEnd(module.getBody())), context(module.getContext()) {}

  /// `pointer` in an object stands for the address of `symbol`.
  void registerSymbol(const void *pointer, llvm::StringRef symbol) { symbols[pointer] = symbol.str(); }

  /// Constant bytes with a zero behind them. `data` in an object stands for their address from now on.
  void writeBytes(llvm::StringRef name, llvm::StringRef bytes);

  /// A constant array. Returns what stands for its address in objects, null if the array is empty.
  template <typename T>
  const T *writeArray(llvm::StringRef name, llvm::ArrayRef<T> objects,
                      mlir::LLVM::Linkage linkage = mlir::LLVM::Linkage::Internal) {
    if (objects.empty())
      return nullptr;
    auto type = mlir::LLVM::LLVMArrayType::get(typeOf<T>(), objects.size());
    writeGlobal(name, type, linkage, [&] { return constantOf(type, objects); });
    registerSymbol(objects.data(), name);
    return objects.data();
  }

  /// A constant object that the linker sees: the table itself.
  template <typename T> void writeObject(llvm::StringRef name, const T &object) {
    writeGlobal(name, typeOf<T>(), mlir::LLVM::Linkage::External, [&] { return constant(object); });
  }

  /// The type of a member or a structure: integers by their size, all floats as f64, pointers without what they point
  /// to.
  template <typename T> mlir::Type typeOf() {
    if constexpr (std::is_integral_v<T>)
      return builder.getIntegerType(8 * sizeof(T));
    else if constexpr (std::is_floating_point_v<T>)
      return builder.getF64Type();
    else if constexpr (std::is_pointer_v<T>)
      return mlir::LLVM::LLVMPointerType::get(context);
    else if constexpr (std::is_array_v<T>)
      return mlir::LLVM::LLVMArrayType::get(typeOf<std::remove_extent_t<T>>(), std::extent_v<T>);
    else {
      static_assert(detail::naturalSize<T>() == sizeof(T), "a member is missing in AbiMembers");
      return std::apply([&](auto... members) { return structOf(members...); }, AbiMembers<T>::members);
    }
  }

private:
  /// Literal, so that equal structures are one type; the alignment of its members is the natural one, as in C.
  template <typename T, typename... Members> mlir::Type structOf(Members T::*...) {
    return mlir::LLVM::LLVMStructType::getLiteral(context, {typeOf<Members>()...});
  }

  /// The value in the initializer of a global. A pointer that was not registered becomes null.
  template <typename T> mlir::Value constant(const T &value) {
    mlir::Type type = typeOf<T>();
    if constexpr (std::is_integral_v<T>)
      return mlir::LLVM::ConstantOp::create(builder, type, builder.getIntegerAttr(type, value));
    else if constexpr (std::is_floating_point_v<T>)
      return mlir::LLVM::ConstantOp::create(builder, type, builder.getFloatAttr(type, value));
    else if constexpr (std::is_same_v<T, const char *>) {
      auto bytes = symbols.find(value);
      return addressOf(bytes != symbols.end() ? &bytes->second : value ? &stringGlobal(value) : nullptr);
    } else if constexpr (std::is_pointer_v<T>) {
      auto symbol = symbols.find(reinterpret_cast<const void *>(value));
      return addressOf(symbol == symbols.end() ? nullptr : &symbol->second);
    } else if constexpr (std::is_array_v<T>) {
      return constantOf(type, llvm::ArrayRef(value));
    } else {
      mlir::Value object = mlir::LLVM::UndefOp::create(builder, type);
      int64_t position = 0;
      auto insert = [&](auto... members) {
        ((object = mlir::LLVM::InsertValueOp::create(builder, object, constant(value.*members), position++)), ...);
      };
      std::apply(insert, AbiMembers<T>::members);
      return object;
    }
  }

  /// An array of objects, element by element.
  template <typename T> mlir::Value constantOf(mlir::Type type, llvm::ArrayRef<T> objects) {
    mlir::Value array = mlir::LLVM::UndefOp::create(builder, type);
    for (size_t index = 0; index < objects.size(); ++index)
      array = mlir::LLVM::InsertValueOp::create(builder, array, constant(objects[index]), int64_t(index));
    return array;
  }

  /// The address of a global; null without one.
  mlir::Value addressOf(const std::string *symbol) {
    auto pointer = mlir::LLVM::LLVMPointerType::get(context);
    if (!symbol)
      return mlir::LLVM::ZeroOp::create(builder, pointer);
    return mlir::LLVM::AddressOfOp::create(builder, pointer, *symbol);
  }

  /// A constant global whose initializer `initializer` builds, at the end of the module.
  void writeGlobal(llvm::StringRef name, mlir::Type type, mlir::LLVM::Linkage linkage,
                   llvm::function_ref<mlir::Value()> initializer);

  /// The name of a global that holds the text, made when it is first asked for.
  const std::string &stringGlobal(llvm::StringRef text);

  mlir::ImplicitLocOpBuilder builder;
  mlir::MLIRContext *context;
  /// Symbols by the pointers that stand for them, and names of globals by the text that they hold.
  llvm::DenseMap<const void *, std::string> symbols;
  llvm::StringMap<std::string> strings;
};

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_ABILAYOUT_H
