"""FM-DR: a critic's scores and an entropy term move a mixture distribution over simulator parameters."""
