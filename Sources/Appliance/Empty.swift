// the composition follows
