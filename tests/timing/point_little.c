#include "points.h"
void point_little(struct ledger *ledger, uint64_t effort) { (void)ledger; (void)effort; }
