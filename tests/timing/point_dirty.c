#include "points.h"
void point_dirty(struct ledger *ledger, uint64_t effort) { (void)ledger; (void)effort; }
