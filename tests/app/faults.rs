//! The fault matrix: each test is named by its row.

mod store;
