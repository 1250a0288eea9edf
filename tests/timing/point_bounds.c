#include "points.h"
void point_bounds(struct ledger *ledger, uint64_t effort) { (void)ledger; (void)effort; }
