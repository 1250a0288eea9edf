#ifndef SV3_WALKER_OWED_H
#define SV3_WALKER_OWED_H
#endif
