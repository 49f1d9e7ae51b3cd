//===- SluiceStateOps.h - What is rounded stochastically ----------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_SLUICESTATEOPS_H
#define SLUICE_DIALECTS_SLUICE_SLUICESTATEOPS_H

#include "dialects/Sluice/SluiceDialect.h"

#define GET_OP_CLASSES
#include "dialects/Sluice/SluiceStateOps.h.inc"

#endif // SLUICE_DIALECTS_SLUICE_SLUICESTATEOPS_H
