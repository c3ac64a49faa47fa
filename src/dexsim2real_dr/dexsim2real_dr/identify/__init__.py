"""System identification: from a recording of the real robot to the parameters of its model."""
