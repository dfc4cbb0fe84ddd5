"""Steps from every released version of the tables to this one."""
