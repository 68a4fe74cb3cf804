"""Where rows and raw frames are kept."""
