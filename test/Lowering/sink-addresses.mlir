// RUN: sluice-opt %s --pass-pipeline="builtin.module(llvm.func(sluice-sink-addresses))" | FileCheck %s

llvm.func @layer(!llvm.ptr)

// CHECK-LABEL: llvm.func @should_compute_addresses_where_they_are_used
// CHECK-NEXT: %[[A:.*]] = llvm.getelementptr %arg0[64]
// CHECK-NEXT: llvm.call @layer(%[[A]])
// CHECK-NEXT: %[[B:.*]] = llvm.getelementptr %arg0[128]
// CHECK-NEXT: llvm.call @layer(%[[B]])
// CHECK-NEXT: %[[C:.*]] = llvm.getelementptr %arg0[64]
// CHECK-NEXT: llvm.call @layer(%[[C]])
llvm.func @should_compute_addresses_where_they_are_used(%p: !llvm.ptr) attributes {sluice.action = #sluice.action<forward>} {
  %a = llvm.getelementptr %p[64] : (!llvm.ptr) -> !llvm.ptr, i8
  %b = llvm.getelementptr %p[128] : (!llvm.ptr) -> !llvm.ptr, i8
  llvm.call @layer(%a) : (!llvm.ptr) -> ()
  llvm.call @layer(%b) : (!llvm.ptr) -> ()
  llvm.call @layer(%a) : (!llvm.ptr) -> ()
  llvm.return
}

// CHECK-LABEL: llvm.func @should_leave_layers_alone
// CHECK-COUNT-1: llvm.getelementptr
// CHECK-NOT: llvm.getelementptr
llvm.func @should_leave_layers_alone(%p: !llvm.ptr) {
  %a = llvm.getelementptr %p[64] : (!llvm.ptr) -> !llvm.ptr, i8
  llvm.call @layer(%a) : (!llvm.ptr) -> ()
  llvm.call @layer(%a) : (!llvm.ptr) -> ()
  llvm.return
}
