"""Whether the gallery's links still answer, and whether public stores still hold what entries say."""
