#version 330
in vec3 position; uniform mat4 view; invariant gl_Position; void main() { gl_Position = view * vec4(position, 1); }
