"""Many sources, one score: `late_fusion`, its `weights`, how they `blend`, and `auto`."""
