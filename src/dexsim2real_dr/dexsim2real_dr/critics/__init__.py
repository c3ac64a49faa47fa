"""What scores how real something looks, 1 to 10, all behind one interface."""
