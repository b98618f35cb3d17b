mod hostile;
mod laws;
mod looks;
