"""Reinforcement learning of policies: PPO with a privileged critic, on the batched environment."""
