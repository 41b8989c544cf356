//! Costs that repeat: allocations and instructions per frame.
