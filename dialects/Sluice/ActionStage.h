//===- ActionStage.h - The stage that an action belongs to ------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_ACTIONSTAGE_H
#define SLUICE_DIALECTS_SLUICE_ACTIONSTAGE_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {

/// What `sluice.stage` of an action says, and 0 without it.
inline int64_t stageOfAction(mlir::Operation *action) {
  auto stage = action->getAttrOfType<mlir::IntegerAttr>(stageAttrName);
  return stage ? stage.getInt() : 0;
}

} // namespace sluice

#endif // SLUICE_DIALECTS_SLUICE_ACTIONSTAGE_H
