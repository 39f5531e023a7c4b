"""What is applied to a cluster: built as it will be, judged without one."""
